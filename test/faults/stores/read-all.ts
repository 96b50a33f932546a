import type { TestApp } from '../../support/app.js';
import type { Aftermath } from '../invariants.js';
import type { AcceptedJob } from '../world/clients.js';
import { readTable } from './dynamodb.js';
import { readDatabase } from './postgres.js';
import { readProvider } from './provider.js';
import { readRedis } from './redis.js';
import { readBucket } from './s3.js';

/** Everything that the five stores hold, and what the clients know. */
export async function readAll(app: TestApp, accepted: AcceptedJob[]): Promise<Aftermath> {
  const database = await readDatabase(app.database);
  const jobIds = database.jobs.map(({ jobId }) => jobId);
  return {
    accepted,
    database,
    redis: await readRedis(app.redis, jobIds),
    table: await readTable(app.env),
    bucket: await readBucket(app.env, database.outputs),
    provider: await readProvider(app),
  };
}
