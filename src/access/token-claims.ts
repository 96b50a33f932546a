import { SCOPES, type Caller, type Scope } from './caller.js';
import { USER_ID } from './user-id.js';

/** What a verified token says. */
export type Claims = Record<string, unknown>;

/** A resource server of this name may be put before a scope: `vsl/generate`. */
const RESOURCE_SERVER = 'vsl/';

/** Whether the token is for the audience; Amazon Cognito’s access tokens name it `client_id`. */
export function isFor(audience: string, { aud, token_use: use, client_id: clientId }: Claims): boolean {
  return words(aud).includes(audience) || (use === 'access' && clientId === audience);
}

/** The caller that a token stands for; undefined when nothing in it can be a userId. */
export function callerOf(claims: Claims): Caller | undefined {
  const userId = userIdOf(claims);
  if (userId === undefined || typeof claims.sub !== 'string') return undefined;
  return { owner: `user:${claims.sub}`, scopes: scopesOf(claims), userId };
}

/** Cognito’s user names never change; those of other issuers may, so there it is the subject. */
function userIdOf({ sub, token_use: use, username, 'cognito:username': cognitoName }: Claims) {
  const candidates = use === undefined ? [sub] : [cognitoName, username, sub];
  return candidates.find((name): name is string => typeof name === 'string' && USER_ID.test(name));
}

/** Scopes granted by `scope` or `scp`, and by groups of the same names. */
function scopesOf({ scope, scp, groups, 'cognito:groups': cognitoGroups }: Claims): Set<Scope> {
  const named = [scope, scp, groups, cognitoGroups].flatMap(words).map((word) => withoutServer(word));
  return new Set(SCOPES.filter((known) => named.includes(known)));
}

/** The words of a claim, which may be a list or text with spaces. */
function words(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

function withoutServer(word: string): string {
  return word.startsWith(RESOURCE_SERVER) ? word.slice(RESOURCE_SERVER.length) : word;
}
