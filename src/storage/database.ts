import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import pg, { type Pool, type QueryResultRow } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { AppError } from '../errors.js';

/** A statement; with a name, PostgreSQL parses and plans it once per connection. */
export interface Statement {
  name?: string;
  text: string;
}

const RECONNECT_DELAY_MS = 500;
const RETRY_AFTER_SECONDS = 2;
const PING_TIMEOUT_MS = 1_000;

/**
 * PostgreSQL, the authority. The process starts without it and connects as soon as it answers; until then, and whenever
 * it is away, every call fails with `service_unavailable`.
 */
export class Database implements OnApplicationBootstrap, OnApplicationShutdown {
  private stopped = false;
  private pings: Pool | undefined;

  /** `report` is told why connecting failed, each time; `written` how long (ms) each writing statement took. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly report: (error: unknown) => void = () => undefined,
    private readonly written: (ms: number) => void = () => undefined,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!(await this.connect())) void this.keepConnecting();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.pings?.end();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  /** Runs a prepared statement on the pool: the hot path. */
  async query<Row extends QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]> {
    const startedAt = performance.now();
    try {
      const result = await this.pool().query<Row>({ ...statement, values });
      if (writes(statement)) this.written(performance.now() - startedAt);
      return result.rows;
    } catch (error) {
      throw translate(error);
    }
  }

  /** Runs `work` in one transaction; for the colder paths. */
  async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.requireConnection();
    try {
      return await this.dataSource.transaction(work);
    } catch (error) {
      throw translate(error);
    }
  }

  /** TypeORM's entity manager, for reads and writes outside the hot path. */
  get manager(): EntityManager {
    this.requireConnection();
    return this.dataSource.manager;
  }

  /** Resolves when PostgreSQL answers, by a connection of its own: that all others are busy says nothing about it. */
  async ping(): Promise<void> {
    this.requireConnection();
    this.pings ??= pingPool(this.dataSource);
    try {
      await this.pings.query('SELECT 1');
    } catch (error) {
      throw translate(error);
    }
  }

  private pool(): Pool {
    this.requireConnection();
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  private requireConnection(): void {
    if (!this.dataSource.isInitialized) throw unavailable(undefined);
  }

  private async connect(): Promise<boolean> {
    try {
      await this.dataSource.initialize();
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  private async keepConnecting(): Promise<void> {
    while (!this.stopped && !(await this.connect()))
      await delay(RECONNECT_DELAY_MS, undefined, { ref: false });
    if (this.stopped && this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

const writing = new WeakMap<Statement, boolean>();

function writes(statement: Statement): boolean {
  const known = writing.get(statement);
  if (known !== undefined) return known;
  const found = /\b(INSERT INTO|UPDATE|DELETE FROM)\s+replicate\b/.test(statement.text);
  writing.set(statement, found);
  return found;
}

function pingPool({ options }: DataSource): Pool {
  const { url, extra } = options as { url: string; extra: object };
  const limits = { connectionTimeoutMillis: PING_TIMEOUT_MS, query_timeout: PING_TIMEOUT_MS };
  const pool = new pg.Pool({ connectionString: url, ...extra, ...limits, max: 1 });
  // A connection that is lost while idle shows in the next ping.
  pool.on('error', () => undefined);
  return pool;
}

function unavailable(cause: unknown): AppError {
  return new AppError('service_unavailable', 'The database cannot be reached; try again shortly', {
    retryable: true,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}

/** SQLSTATE classes of a database that is away, full or overloaded: connection, resources, operator intervention. */
const OUTAGE_CLASSES = ['08', '53', '57'];

/**
 * Faults that pass: a lock not had in time, a deadlock, a transaction ended for standing idle, a server that may not write
 * because another has taken over.
 */
const PASSING_CODES = ['55P03', '40P01', '25P03', '25006'];

/** Words of pg and, of a transaction whose connection is gone by its next statement, of TypeORM. */
const OUTAGE_MESSAGES =
  /already released|connection terminated|connection timeout|timeout exceeded|query read timeout|client has encountered|after calling end/i;

function translate(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const systemError = /^E[A-Z_]{4,}$/.test(code);
  const outage =
    systemError ||
    PASSING_CODES.includes(code) ||
    OUTAGE_CLASSES.includes(code.slice(0, 2)) ||
    OUTAGE_MESSAGES.test(message);
  return outage ? unavailable(error) : error;
}
