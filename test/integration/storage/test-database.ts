import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { createDataSource } from '../../../src/storage/data-source.js';
import { Database } from '../../../src/storage/database.js';

const migrationsDir = join(import.meta.dirname, '../../../migrations');

/** A database of the test's own on the PostgreSQL of `DATABASE_URL`. */
export interface TestDatabase {
  url: string;
  /** As the product uses it. */
  database: Database;
  /** For looking into it. */
  pool: pg.Pool;
  /** One more, as another process would have; closed with the first. */
  another(url?: string, poolSize?: number): Promise<Database>;
  close(): Promise<void>;
}

interface TestDatabaseOptions {
  entities?: EntityTarget<ObjectLiteral>[];
  /** Whether to bring the schema up to date. */
  migrated?: boolean;
}

export async function startTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { entities = [], migrated = true } = options;
  const server = process.env.DATABASE_URL;
  if (!server) throw new Error('DATABASE_URL is not set: run these tests with npm run test:integration');
  const name = `it_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  if (migrated) await withMigrations(url, (dataSource) => dataSource.runMigrations({ transaction: 'all' }));
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const opened: Database[] = [];
  const another = async (to = url, poolSize = 10) => {
    const database = new Database(createDataSource({ url: to, poolSize, entities }));
    opened.push(database);
    await database.onApplicationBootstrap();
    return database;
  };
  return {
    url,
    database: await another(),
    pool,
    another,
    close: async () => {
      await Promise.all([...opened.map((database) => database.onApplicationShutdown()), pool.end()]);
      await administer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Works with a data source that knows the migrations as they stand in the sources. */
export async function withMigrations<T>(
  url: string,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const files = readdirSync(migrationsDir).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(
    files.sort().map((file) => import(join(migrationsDir, file)) as Promise<Record<string, never>>),
  );
  const { options } = createDataSource({ url, poolSize: 2, entities: [] });
  const dataSource = new DataSource({ ...options, migrations: modules.flatMap(Object.values) });
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
