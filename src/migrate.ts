import { readVariable } from './config/settings.js';
import { endWithFault } from './start-process.js';
import { createDataSource } from './storage/data-source.js';

/** Brings the database's schema up to date and ends; several at once are harmless, one works while the others wait. */
async function migrate(): Promise<void> {
  const dataSource = createDataSource({ url: readVariable('DATABASE_URL'), poolSize: 1, entities: [] });
  await dataSource.initialize();
  try {
    const applied = await dataSource.runMigrations({ transaction: 'all' });
    for (const { name } of applied) console.log(`applied ${name}`);
    if (applied.length === 0) console.log('the schema is up to date');
  } finally {
    await dataSource.destroy();
  }
}

await migrate().catch(endWithFault);
