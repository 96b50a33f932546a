import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Logger } from '../logging/logger.js';
import { AppError } from '../errors.js';
import { Notifications } from '../storage/notifications.js';
import { matchesHash, prefixOf } from './api-key.js';
import { ApiKeysRepository, REVOKED_KEYS, type ApiKey } from './api-keys.repository.js';
import type { Caller } from './caller.js';

interface KnownKey {
  caller: Caller;
  expiresAt: number;
  checkedAt: number;
}

const MOST_KEYS = 10_000;

/** A revocation that no notice told of has effect by then. */
const FRESH_MS = 15_000;

/** Nobody can revoke a key in a database that is away; a process cut off from it alone must stop all the same. */
const MOST_STALE_MS = 300_000;

/**
 * The keys that this process has seen to be valid, so that a known one costs a look into a map. A key that is revoked is
 * dropped as soon as PostgreSQL passes the notice on; without notices each key is looked up again after 15 s. While
 * PostgreSQL is away, keys seen in the last five minutes go on working.
 */
@Injectable()
export class KeyRing {
  private readonly known = new LRUCache<string, KnownKey>({ max: MOST_KEYS });
  private readonly underWay = new Map<string, Promise<Caller | undefined>>();
  /** Rises with every notice: what was read before it may be out of date. */
  private revocations = 0;

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly logger: Logger,
    notifications: Notifications,
  ) {
    notifications.listen({
      channel: REVOKED_KEYS,
      hear: (prefix) => this.drop(prefix),
      missed: () => this.distrustAll(),
    });
  }

  /** The holder of a key that was checked lately. */
  fresh(key: string): Caller | undefined {
    return this.heldWithin(key, FRESH_MS);
  }

  /** The holder of a key, or undefined when it is not valid; throws `service_unavailable`. */
  async find(key: string): Promise<Caller | undefined> {
    const running = this.underWay.get(key);
    if (running) return running;
    const looking = this.look(key).finally(() => this.underWay.delete(key));
    this.underWay.set(key, looking);
    return looking;
  }

  /** Forgets the keys of that prefix at once. */
  drop(prefix: string): void {
    this.revocations += 1;
    for (const key of this.known.keys()) if (prefixOf(key) === prefix) this.known.delete(key);
  }

  private async look(key: string): Promise<Caller | undefined> {
    const prefix = prefixOf(key);
    if (prefix === undefined) return undefined;
    const seenRevocations = this.revocations;
    try {
      const found = await this.keys.findValid(prefix);
      if (!found || !matchesHash(key, found.secretHash)) {
        this.known.delete(key);
        return undefined;
      }
      if (seenRevocations === this.revocations) this.remember(key, found);
      this.noteUse(found.keyId);
      return callerOf(found);
    } catch (error) {
      const held = isOutage(error) ? this.heldWithin(key, MOST_STALE_MS) : undefined;
      if (held) return held;
      throw error;
    }
  }

  private heldWithin(key: string, ageMs: number): Caller | undefined {
    const held = this.known.get(key);
    if (!held || held.expiresAt <= Date.now() || performance.now() - held.checkedAt > ageMs) return undefined;
    return held.caller;
  }

  private remember(key: string, found: ApiKey): void {
    const expiresAt = found.expiresAt?.getTime() ?? Infinity;
    this.known.set(key, { caller: callerOf(found), expiresAt, checkedAt: performance.now() });
  }

  /** Lets every key be looked up again; those in use stay held in case the database is away once more. */
  private distrustAll(): void {
    this.revocations += 1;
    const stale = performance.now() - FRESH_MS - 1;
    for (const held of this.known.values()) held.checkedAt = Math.min(held.checkedAt, stale);
  }

  private noteUse(keyId: string): void {
    this.keys.noteUse(keyId).catch((error: unknown) => this.logger.error('note-key-use', error, { keyId }));
  }
}

function callerOf({ keyId, scopes, userId, rateLimitPerHour }: ApiKey): Caller {
  return {
    owner: `key:${keyId}`,
    scopes: new Set(scopes),
    ...(userId === null ? {} : { userId }),
    ...(rateLimitPerHour === null ? {} : { rateLimitPerHour }),
  };
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'service_unavailable';
}
