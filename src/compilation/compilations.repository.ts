import { Injectable } from '@nestjs/common';
import { claimKey, claimValues, type Claim } from '../idempotency/idempotency.repository.js';
import { announce } from '../outbox/announce.js';
import { Database } from '../storage/database.js';
import type { Compilation, CompilationError, NewCompilation } from './compilation.js';
import type { CompiledFilm } from './compiler.js';

const COLUMNS = `
  compilation_id AS "compilationId", script_id AS "scriptId", owner, user_id AS "userId", state, version, percent, attempt,
  options, clips, bed, plan, film, error, created_at AS "createdAt", updated_at AS "updatedAt",
  started_at AS "startedAt", completed_at AS "completedAt"`;

/** A worker that was not heard of for this long is taken for dead. */
const LEASE = "interval '15 seconds'";

const insert = (source: string) => `
  INSERT INTO replicate.compilations (compilation_id, script_id, user_id, options, clips, bed, plan, owner)
  SELECT $1::uuid, $2::uuid, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7::jsonb, $8 FROM ${source}
  RETURNING compilation_id`;

const SEND = `
  INSERT INTO replicate.outbox (name, payload)
  SELECT 'compile', jsonb_build_object('compilationId', compilation_id) FROM made RETURNING message_id`;

const ACCEPT = {
  name: 'compilation-accept',
  text: `WITH made AS (${insert('(SELECT 1) always')}) ${SEND}`,
};

const ACCEPT_ONCE = {
  name: 'compilation-accept-once',
  text: `WITH claimed AS (${claimKey(9)}), made AS (${insert('claimed')}) ${SEND}`,
};

const FIND = {
  name: 'compilation-find',
  text: `SELECT ${COLUMNS} FROM replicate.compilations WHERE compilation_id = $1`,
};

const VERSIONS = {
  name: 'compilation-versions',
  text: `SELECT compilation_id AS "compilationId", version FROM replicate.compilations
    WHERE compilation_id = ANY($1)`,
};

const CLAIM = {
  name: 'compilation-claim',
  text: `
    UPDATE replicate.compilations SET
      state = 'processing', version = version + 1, attempt = attempt + 1, run_id = $2,
      leased_until = clock_timestamp() + ${LEASE}, updated_at = clock_timestamp(),
      started_at = COALESCE(started_at, clock_timestamp())
    WHERE compilation_id = $1 AND state IN ('pending', 'processing')
      AND (run_id IS NULL OR leased_until < clock_timestamp())
    RETURNING ${COLUMNS}`,
};

const KEEP = {
  name: 'compilation-keep',
  text: `
    UPDATE replicate.compilations SET
      leased_until = clock_timestamp() + ${LEASE}, updated_at = clock_timestamp(),
      version = version + CASE WHEN percent < $3 THEN 1 ELSE 0 END, percent = GREATEST(percent, $3)
    WHERE compilation_id = $1 AND run_id = $2 AND state = 'processing'
    RETURNING version`,
};

const RELEASE = {
  name: 'compilation-release',
  text: `
    UPDATE replicate.compilations SET run_id = NULL, leased_until = NULL, updated_at = clock_timestamp()
    WHERE compilation_id = $1 AND run_id = $2 AND state = 'processing'`,
};

/** Ends compilations by an `UPDATE`, and tells the users' endpoints of it. */
const ending = (update: string) => `
  WITH ended AS (${update} RETURNING *),
  told AS (${announce(`
    SELECT 'compilation.' || state AS event, compilation_id AS subject_id, owner, user_id, completed_at AS at
    FROM ended`)})
  SELECT ${COLUMNS} FROM ended`;

const END = {
  name: 'compilation-end',
  text: ending(`
    UPDATE replicate.compilations SET
      state = $3, version = version + 1, percent = CASE WHEN $3 = 'completed' THEN 100 ELSE percent END,
      film = $4, plan = COALESCE($4::jsonb->'plan', plan), error = $5, run_id = NULL, leased_until = NULL,
      updated_at = clock_timestamp(), completed_at = clock_timestamp()
    WHERE compilation_id = $1 AND run_id = $2 AND state = 'processing'`),
};

const CANCEL = {
  name: 'compilation-cancel',
  text: ending(`
    UPDATE replicate.compilations SET
      state = 'canceled', version = version + 1, updated_at = clock_timestamp(), completed_at = clock_timestamp()
    WHERE compilation_id = $1 AND state IN ('pending', 'processing')`),
};

const SEND_FORGOTTEN = {
  name: 'compilation-send-forgotten',
  text: `
    WITH forgotten AS (
      SELECT compilation_id FROM replicate.compilations
      WHERE state IN ('pending', 'processing') AND updated_at < statement_timestamp() - interval '60 seconds'
      ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    made AS (
      UPDATE replicate.compilations open SET updated_at = clock_timestamp()
      FROM forgotten WHERE open.compilation_id = forgotten.compilation_id RETURNING open.compilation_id)
    ${SEND}`,
};

/** The SQL of compilations. A worker holds one by its run's id, which it must renew, and which a cancellation outdoes. */
@Injectable()
export class CompilationsRepository {
  constructor(private readonly database: Database) {}

  /** Stores the compilation with the message that starts it; when this resolves it is durable. */
  async accept(compilation: NewCompilation): Promise<void> {
    await this.database.query(ACCEPT, acceptValues(compilation));
  }

  /** The same under an idempotency key; returns false, with nothing stored, when it is taken. */
  async acceptOnce(compilation: NewCompilation, claim: Claim): Promise<boolean> {
    const sent = await this.database.query(ACCEPT_ONCE, [
      ...acceptValues(compilation),
      ...claimValues(claim),
    ]);
    return sent.length > 0;
  }

  async find(compilationId: string): Promise<Compilation | undefined> {
    const [found] = await this.database.query<Compilation>(FIND, [compilationId]);
    return found;
  }

  async versions(compilationIds: string[]): Promise<{ compilationId: string; version: number }[]> {
    return this.database.query(VERSIONS, [compilationIds]);
  }

  /** Takes an open compilation for a run; undefined when another run holds it, or it is over. */
  async claim(compilationId: string, runId: string): Promise<Compilation | undefined> {
    const [claimed] = await this.database.query<Compilation>(CLAIM, [compilationId, runId]);
    return claimed;
  }

  /** Renews a run's hold and tells how far it is; false when it has lost the compilation. */
  async keep(compilationId: string, runId: string, percent: number): Promise<boolean> {
    const kept = await this.database.query(KEEP, [compilationId, runId, Math.floor(percent)]);
    return kept.length > 0;
  }

  /** Lets go of a compilation that is to be tried again. */
  async release(compilationId: string, runId: string): Promise<void> {
    await this.database.query(RELEASE, [compilationId, runId]);
  }

  /** Ends what the run still holds; undefined when it has lost it. */
  async complete(compilationId: string, runId: string, film: CompiledFilm): Promise<Compilation | undefined> {
    const [ended] = await this.database.query<Compilation>(END, [
      ...[compilationId, runId, 'completed', film, null],
    ]);
    return ended;
  }

  async fail(
    compilationId: string,
    runId: string,
    error: CompilationError,
  ): Promise<Compilation | undefined> {
    const [ended] = await this.database.query<Compilation>(END, [
      ...[compilationId, runId, 'failed', null, error],
    ]);
    return ended;
  }

  /** Ends an open compilation; undefined when it is unknown or over. */
  async cancel(compilationId: string): Promise<Compilation | undefined> {
    const [canceled] = await this.database.query<Compilation>(CANCEL, [compilationId]);
    return canceled;
  }

  /** Sends the message of up to `limit` open compilations again of which nothing was heard for a minute; returns how many. */
  async sendForgotten(limit: number): Promise<number> {
    return (await this.database.query(SEND_FORGOTTEN, [limit])).length;
  }
}

function acceptValues(compilation: NewCompilation): unknown[] {
  const { compilationId, scriptId, owner, userId, options, clips, bed, plan } = compilation;
  return [compilationId, scriptId, userId, options, JSON.stringify(clips), bed, plan, owner];
}
