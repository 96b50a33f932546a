import { AppError } from '../errors.js';

/** What a key or a token may allow; `admin` includes the others. */
export const SCOPES = ['generate', 'read', 'approve', 'compile', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who makes a request. */
export interface Caller {
  /** Whose everything is that it makes: `key:{keyId}` or `user:{sub}`; null for nobody's but the admins'. */
  owner: string | null;
  scopes: ReadonlySet<Scope>;
  /** The only user it may act for; any when absent. */
  userId?: string;
  /** Generations an hour, where it has a limit of its own. */
  rateLimitPerHour?: number;
}

/** Whoever holds the bootstrap key, or anybody where no key is required. */
export const ADMIN: Caller = { owner: null, scopes: new Set(SCOPES) };

export function isAdmin({ scopes }: Caller): boolean {
  return scopes.has('admin');
}

/** Whether one of the scopes, any of which is enough, is the caller's. */
export function hasOneOf(caller: Caller, scopes: readonly Scope[]): boolean {
  return isAdmin(caller) || scopes.some((scope) => caller.scopes.has(scope));
}

/** Whether what belongs to the owner exists for the caller. */
export function sees(caller: Caller, owner: string | null): boolean {
  return isAdmin(caller) || (owner !== null && owner === caller.owner);
}

/** The owner to whose things the caller's lists are narrowed; undefined for no one. */
export function seenOwner(caller: Caller): string | undefined {
  return isAdmin(caller) ? undefined : (caller.owner ?? '');
}

/** Throws `forbidden` when the caller is bound to another user. */
export function refuseOtherUser(caller: Caller, userId: string): void {
  if (caller.userId === undefined || caller.userId === userId) return;
  throw new AppError('forbidden', `Your key is for the user ${caller.userId}: send that userId`);
}
