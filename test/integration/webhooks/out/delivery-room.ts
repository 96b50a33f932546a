import { randomUUID } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { readSettings } from '../../../../src/config/settings.js';
import { SettingsModule } from '../../../../src/config/settings.module.js';
import type { NewJob } from '../../../../src/jobs/accepted-jobs.repository.js';
import { JobsRepository } from '../../../../src/jobs/jobs.repository.js';
import { MediaOutputEntity } from '../../../../src/jobs/media-output.entity.js';
import { LoggingModule } from '../../../../src/logging/logging.module.js';
import { Logger } from '../../../../src/logging/logger.js';
import { MetricsModule } from '../../../../src/metrics/metrics.module.js';
import { StorageModule } from '../../../../src/storage/storage.module.js';
import { makeSecret } from '../../../../src/webhooks/signature.js';
import { DeliveryModule } from '../../../../src/webhooks/out/delivery.module.js';
import { Deliveries } from '../../../../src/webhooks/out/deliveries.service.js';
import { DeliveryQueueRepository } from '../../../../src/webhooks/out/delivery-queue.repository.js';
import { DeliverySchedule } from '../../../../src/webhooks/out/delivery-schedule.js';
import type { NewEndpoint } from '../../../../src/webhooks/out/endpoint.js';
import { EndpointsRepository } from '../../../../src/webhooks/out/endpoints.repository.js';
import { acceptJobs, aNewJob } from '../../jobs/new-job.js';
import { startTestDatabase, type TestDatabase } from '../../storage/test-database.js';
import { startReceiver, type Receiver } from '../../../support/webhook-receiver.js';

/** A delivery and its attempts, as PostgreSQL has them. */
export interface DeliveryRow {
  deliveryId: string;
  endpointId: string;
  event: string;
  subjectId: string | null;
  status: string;
  tries: number;
  /** Seconds from now; null of one that is over. */
  waits: number | null;
  attempts: {
    httpStatus: number | null;
    durationMs: number;
    response: string | null;
    error: string | null;
  }[];
}

/** What a worker has to tell endpoints with, a receiver of what it tells, and ways to look at both. */
export interface DeliveryRoom {
  db: TestDatabase;
  receiver: Receiver;
  jobs: JobsRepository;
  queue: DeliveryQueueRepository;
  deliveries: Deliveries;
  endpoints: EndpointsRepository;
  printed(): string;
  /** Has an endpoint at the receiver's `path`; `facts` differ from one that hears of every job. */
  endpoint(path: string, facts?: Partial<NewEndpoint>): Promise<{ endpointId: string; secret: string }>;
  /** Makes a job and ends it. */
  ended(state?: 'completed' | 'failed' | 'canceled', facts?: Partial<NewJob>): Promise<string>;
  /** Starts what is due, as a worker does, and waits for its end. */
  deliver(): Promise<void>;
  rows(endpointId: string): Promise<DeliveryRow[]>;
  /** Lets the next attempts of an endpoint be due now. */
  letTimePass(endpointId: string): Promise<void>;
  close(): Promise<void>;
}

export async function startDeliveryRoom(): Promise<DeliveryRoom> {
  const [db, receiver] = await Promise.all([startTestDatabase(), startReceiver()]);
  const printed: string[] = [];
  const logger = new Logger('debug', { write: (line) => printed.push(line) });
  const module = await startModule({ DATABASE_URL: db.url, WEBHOOK_PRIVATE_HOSTS: '127.0.0.1' }, logger);
  const jobs = module.get(JobsRepository, { strict: false });
  const queue = module.get(DeliveryQueueRepository);
  const deliveries = module.get(Deliveries);
  const endpoints = new EndpointsRepository(db.database);
  return {
    ...{ db, receiver, jobs, queue, deliveries, endpoints, printed: () => printed.join('') },
    endpoint: async (path, facts = {}) => {
      const endpoint: NewEndpoint = {
        ...{ endpointId: randomUUID(), owner: null, ofAllOwners: true, userId: null },
        ...{ url: receiver.url(path), events: ['job.completed', 'job.failed', 'job.canceled'] },
        ...{ secret: makeSecret(), ...facts },
      };
      await db.database.transaction((manager) => endpoints.insert(manager, endpoint));
      return endpoint;
    },
    ended: async (state = 'canceled', facts = {}) => {
      const job = aNewJob(facts);
      await acceptJobs(db.database, job);
      const from =
        state === 'completed' ? await jobs.move({ jobId: job.jobId, to: 'storing', cause: 'worker' }) : job;
      await jobs.move({ jobId: from!.jobId, to: state, cause: 'worker' });
      return job.jobId;
    },
    deliver: async () => {
      const schedule = new DeliverySchedule(queue, deliveries, logger);
      while (await schedule.run()) await schedule.beforeApplicationShutdown();
    },
    rows: async (endpointId) => (await db.pool.query<DeliveryRow>(ROWS, [endpointId])).rows,
    letTimePass: async (endpointId) => {
      await db.pool.query(
        `UPDATE replicate.webhook_deliveries SET next_attempt_at = clock_timestamp()
         WHERE endpoint_id = $1 AND next_attempt_at IS NOT NULL`,
        [endpointId],
      );
    },
    close: async () => {
      await module.close();
      await Promise.all([receiver.close(), db.close()]);
    },
  };
}

const ROWS = `
  SELECT delivery_id AS "deliveryId", endpoint_id AS "endpointId", event, subject_id AS "subjectId", status, tries,
    extract(epoch FROM next_attempt_at - clock_timestamp())::float8 AS waits,
    COALESCE((SELECT jsonb_agg(jsonb_build_object('httpStatus', http_status, 'durationMs', duration_ms,
      'response', response, 'error', error) ORDER BY attempt_id)
      FROM replicate.webhook_attempts attempt WHERE attempt.delivery_id = delivery.delivery_id), '[]') AS attempts
  FROM replicate.webhook_deliveries delivery WHERE endpoint_id = $1 ORDER BY created_at, delivery_id`;

async function startModule(env: Record<string, string>, logger: Logger): Promise<TestingModule> {
  const settings = readSettings({ WEBHOOK_BASE_URL: 'http://127.0.0.1:9', ...process.env, ...env });
  const module = await Test.createTestingModule({
    imports: [
      SettingsModule.of(settings),
      LoggingModule.of(logger),
      MetricsModule,
      StorageModule.of([MediaOutputEntity]),
      DeliveryModule,
    ],
  }).compile();
  await module.init();
  return module;
}
