import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../storage/database.js';
import type { Scope } from './caller.js';

/** What is kept of an API key. */
export interface ApiKey {
  keyId: string;
  name: string;
  prefix: string;
  secretHash: Buffer;
  scopes: Scope[];
  userId: string | null;
  rateLimitPerHour: number | null;
  /** USD, an exact decimal as text. */
  monthlyBudget: string | null;
  expiresAt: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

export type NewApiKey = Omit<ApiKey, 'lastUsedAt' | 'revokedAt' | 'createdAt'>;

/** Where every process hears, by its prefix, of a key that was revoked. */
export const REVOKED_KEYS = 'api_key_revoked';

/** The budget of a key is that of the owner that it makes everything for. */
const BUDGET = `(SELECT monthly_limit FROM replicate.budgets WHERE kind = 'owner' AND id = 'key:' || key_id)`;

const columns = (budget = BUDGET) => `
  key_id AS "keyId", name, prefix, secret_hash AS "secretHash", scopes, user_id AS "userId",
  rate_limit_per_hour AS "rateLimitPerHour", ${budget} AS "monthlyBudget", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt", revoked_at AS "revokedAt", created_at AS "createdAt"`;

const COLUMNS = columns();

const INSERT = `
    WITH made AS (
      INSERT INTO replicate.api_keys (key_id, name, prefix, secret_hash, scopes, user_id, rate_limit_per_hour, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *),
    limited AS (
      INSERT INTO replicate.budgets (kind, id, monthly_limit)
      SELECT 'owner', 'key:' || key_id, $9::numeric FROM made WHERE $9::numeric IS NOT NULL RETURNING monthly_limit)
    SELECT ${columns('(SELECT monthly_limit FROM limited)')} FROM made`;

const FIND = {
  name: 'api-key-find',
  text: `SELECT ${COLUMNS} FROM replicate.api_keys WHERE key_id = $1`,
};

const FIND_VALID = {
  name: 'api-key-find-valid',
  text: `SELECT ${COLUMNS} FROM replicate.api_keys
    WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
};

const LIST = {
  name: 'api-key-list',
  text: `SELECT ${COLUMNS} FROM replicate.api_keys WHERE $1::uuid IS NULL OR key_id < $1
    ORDER BY key_id DESC LIMIT $2`,
};

const NOTE_USE = {
  name: 'api-key-note-use',
  text: `UPDATE replicate.api_keys SET last_used_at = clock_timestamp()
    WHERE key_id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`,
};

const REVOKE = {
  name: 'api-key-revoke',
  text: `
    WITH revoked AS (
      UPDATE replicate.api_keys SET revoked_at = COALESCE(revoked_at, clock_timestamp())
      WHERE key_id = $1 RETURNING prefix)
    SELECT pg_notify('${REVOKED_KEYS}', prefix) FROM revoked`,
};

/** The SQL of API keys. Ids are UUIDs of version 7, so that their order is that of their making. */
@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async insert(manager: EntityManager, key: NewApiKey): Promise<ApiKey> {
    const { keyId, name, prefix, secretHash, scopes, userId, rateLimitPerHour, monthlyBudget, expiresAt } =
      key;
    const values = [keyId, name, prefix, secretHash, scopes, userId, rateLimitPerHour, expiresAt];
    const [inserted] = await manager.query<ApiKey[]>(INSERT, [...values, monthlyBudget]);
    return inserted!;
  }

  async find(keyId: string): Promise<ApiKey | undefined> {
    const [found] = await this.database.query<ApiKey>(FIND, [keyId]);
    return found;
  }

  /** The key of that prefix, unless it was revoked or has expired. */
  async findValid(prefix: string): Promise<ApiKey | undefined> {
    const [found] = await this.database.query<ApiKey>(FIND_VALID, [prefix]);
    return found;
  }

  /** Up to `limit` keys made before the given one, newest first. */
  list(before: string | undefined, limit: number): Promise<ApiKey[]> {
    return this.database.query<ApiKey>(LIST, [before ?? null, limit]);
  }

  async noteUse(keyId: string): Promise<void> {
    await this.database.query(NOTE_USE, [keyId]);
  }

  /** Ends a key and tells every process; false when there is none. Doing it again changes nothing. */
  async revoke(keyId: string): Promise<boolean> {
    return (await this.database.query(REVOKE, [keyId])).length > 0;
  }
}
