import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';

const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 10_000;

interface DataSourceChoices {
  url: string;
  poolSize: number;
  entities: EntityTarget<ObjectLiteral>[];
  /** The longest a statement may take; 0 for any time. */
  statementTimeoutMs?: number;
}

/**
 * The one TypeORM set-up: pool, entities and migrations. Every wait has an end: connecting 2 s, a statement 10 s,
 * a lock 5 s, a transaction left idle 30 s.
 */
export function createDataSource(choices: DataSourceChoices): DataSource {
  const { url, poolSize, entities, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = choices;
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    entities: entities as never[],
    migrations: [join(import.meta.dirname, '../../migrations/*.js')],
    migrationsTableName: 'schema_migrations',
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    extra: {
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + 1_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
      application_name: 'vsl-media-generation',
      onConnect: hearFaults,
    },
  });
}

/**
 * A connection that PostgreSQL ends in the very moment that it is handed over has no listener yet: its fault would end
 * the process. Whoever uses the connection meets the fault in the next statement.
 */
function hearFaults(client: ClientBase): void {
  client.on('error', () => undefined);
}
