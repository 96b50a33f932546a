import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { builtModule } from '../../../local/built-tree.js';
import { MediaOutputEntity } from '../../../src/jobs/media-output.entity.js';
import { ModelConfigurationEntity } from '../../../src/models/model-configuration.entity.js';
import { createDataSource } from '../../../src/storage/data-source.js';
import { startTestDatabase, withMigrations, type TestDatabase } from '../storage/test-database.js';

jest.setTimeout(60_000);

const run = promisify(execFile);
const migrate = (url: string) =>
  run(process.execPath, [builtModule('src/migrate.js')], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  });

let db: TestDatabase;

beforeEach(async () => {
  db = await startTestDatabase({ migrated: false });
});

afterEach(() => db.close());

/** All that the schema holds: columns, constraints, indexes, triggers and functions. */
async function schema(): Promise<string[]> {
  const { rows } = await db.pool.query<{ line: string }>(`
    SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
      FROM information_schema.columns WHERE table_schema = 'replicate'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'replicate'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'replicate'
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'replicate'::regnamespace
    ORDER BY line`);
  return rows.map((row) => row.line);
}

describe('the migrations', () => {
  it('make a schema, remove it whole, and make the same again', async () => {
    await withMigrations(db.url, async (dataSource) => {
      const applied = await dataSource.runMigrations({ transaction: 'all' });
      const made = await schema();
      expect(made.length).toBeGreaterThan(50);
      for (let count = applied.length; count > 0; count -= 1) await dataSource.undoLastMigration();
      expect(await schema()).toEqual([]);
      await dataSource.runMigrations({ transaction: 'all' });
      expect(await schema()).toEqual(made);
    });
  });

  it('are run by the command, which says what it did', async () => {
    expect((await migrate(db.url)).stdout).toMatch(/^applied Generation1700000000001$/m);
    expect((await migrate(db.url)).stdout).toBe('the schema is up to date\n');
  });

  it('by the command without a database end with a reason and 1', async () => {
    const failed = await run(process.execPath, [builtModule('src/migrate.js')], { env: {} }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      code: 1,
      stderr: 'The configuration has 1 fault:\n- DATABASE_URL is not set: PostgreSQL, the authority.\n',
    });
  });

  it('run by several processes at once are harmless', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => migrate(db.url)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    const { rows } = await db.pool.query('SELECT name FROM schema_migrations');
    expect(rows.length).toBe(new Set(rows.map(({ name }: { name: string }) => name)).size);
  });
});

describe('the migration to budgets and usage', () => {
  const KEY = '01890000-0000-7000-8000-000000000001';

  /** What the test has written, of the tables before and after. */
  const contents = async (table: string, columns: string) =>
    (await db.pool.query(`SELECT ${columns} FROM replicate.${table} ORDER BY 1`)).rows as unknown[];

  it('sums what ended before it, moves the budgets of keys, and goes back without a loss', async () => {
    await withMigrations(db.url, async (dataSource) => {
      await dataSource.runMigrations({ transaction: 'all' });
      while ((await contents('budgets', 'kind').catch(() => null)) !== null)
        await dataSource.undoLastMigration();
      await db.pool.query(
        `INSERT INTO replicate.api_keys (key_id, name, prefix, secret_hash, scopes, monthly_budget)
         VALUES ($1, 'k', 'p', '', '{read}', 12.5)`,
        [KEY],
      );
      await db.pool.query(`
        INSERT INTO replicate.jobs (job_id, user_id, media_type, model_id, state, parameters, provider_kind, provider_input,
          estimated_cost, estimated_time_seconds, actual_cost, attempt, created_at, owner)
        SELECT gen_random_uuid(), 'u', 'video', 'm', state, '{}', 'official', '{}', 0.5, 5, cost, 1,
          '2026-05-31T23:59:59Z', 'key:${KEY}'
        FROM (VALUES ('completed', 0.4), ('completed', 0.3), ('failed', NULL), ('canceled', 0), ('processing', NULL))
          AS job (state, cost)`);
      await db.pool.query(`
        INSERT INTO replicate.usage_tracking (job_id, attempt, user_id, model_id, media_type, outcome, estimated_cost,
          actual_cost, outputs, output_seconds)
        SELECT job_id, attempt, user_id, model_id, media_type, state, 0.5, 0, 1, 8.125 FROM replicate.jobs
        WHERE state = 'completed'`);
      await dataSource.runMigrations({ transaction: 'all' });
      const sums = await contents(
        'usage',
        `sum(jobs)::int AS jobs, sum(completed)::int AS completed, sum(failed)::int AS failed, sum(estimated_cost) AS estimated,
         sum(actual_cost) AS actual, sum(reserved_cost) AS reserved, sum(seconds) AS seconds, min(day)::text AS first,
         max(day)::text AS last`,
      );
      expect(sums).toEqual([
        {
          ...{
            jobs: 5,
            completed: 2,
            failed: 1,
            estimated: '2.500000',
            actual: '0.700000',
            reserved: '0.500000',
          },
          ...{ seconds: '16.250', first: '2026-05-31', last: '2026-05-31' },
        },
      ]);
      expect(await contents('budgets', 'kind, id, monthly_limit')).toEqual([
        { kind: 'owner', id: `key:${KEY}`, monthly_limit: '12.500000' },
      ]);
      while ((await contents('budgets', 'kind').catch(() => null)) !== null)
        await dataSource.undoLastMigration();
      expect(await contents('api_keys', 'monthly_budget')).toEqual([{ monthly_budget: '12.500000' }]);
    });
  });
});

describe('the entities', () => {
  it('equal the schema, but for its foreign keys: entities know each other by id only', async () => {
    await withMigrations(db.url, (dataSource) => dataSource.runMigrations({ transaction: 'all' }));
    const entities = [MediaOutputEntity, ModelConfigurationEntity];
    const { options } = createDataSource({ url: db.url, poolSize: 1, entities });
    const dataSource = await new DataSource(options).initialize();
    const changes = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    const queries = changes.upQueries.map(({ query }) => query);
    expect(queries.filter((query) => !/DROP CONSTRAINT "\w+_fkey"$/.test(query))).toEqual([]);
  });
});
