import { readVariable } from './config/settings.js';
import { endWithFault } from './start-process.js';
import { createDataSource } from './storage/data-source.js';

/** Any number; whoever migrates this database takes it as an advisory lock. */
const MIGRATION_LOCK = 4_190_277;

/** Brings the database's schema up to date and ends; several at once are harmless, one works while the others wait. */
async function migrate(): Promise<void> {
  const url = readVariable('DATABASE_URL');
  const dataSource = createDataSource({ url, poolSize: 2, entities: [], statementTimeoutMs: 0 });
  await dataSource.initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SET lock_timeout = 0');
    await lock.query('SET idle_session_timeout = 0');
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await dataSource.runMigrations({ transaction: 'all' });
    for (const { name } of applied) console.log(`applied ${name}`);
    if (applied.length === 0) console.log('the schema is up to date');
  } finally {
    await dataSource.destroy();
  }
}

await migrate().catch(endWithFault);
