import { JobLifecycle } from '../../../src/jobs/job-lifecycle.js';
import { Metrics } from '../../../src/metrics/metrics.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { PredictionsService } from '../../../src/jobs/predictions.service.js';
import { SurplusPredictionsRepository } from '../../../src/jobs/surplus-predictions.repository.js';
import { Logger } from '../../../src/logging/logger.js';
import type { Prediction, PredictionStatus } from '../../../src/models/prediction.js';
import { registry } from '../../unit/models/registry-file.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

const logger = new Logger('silent');

let db: TestDatabase;
let jobs: JobsRepository;
let surplus: SurplusPredictionsRepository;
let predictions: PredictionsService;

beforeAll(async () => {
  db = await startTestDatabase();
  jobs = new JobsRepository(db.database);
  surplus = new SurplusPredictionsRepository(db.database);
  predictions = new PredictionsService(
    jobs,
    new JobLifecycle(jobs, logger, new Metrics()),
    surplus,
    registry,
    logger,
  );
});

afterAll(() => db.close());

function aPrediction(id: string, status: PredictionStatus): Prediction {
  const outputs = status === 'succeeded' ? ['https://replicate.delivery/a.webp'] : [];
  const unknown = { model: null, input: {}, error: null, webhook: null, dataRemoved: false };
  return { id, status, outputs, metrics: {}, ...unknown };
}

async function submitted(): Promise<string> {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  await jobs.move({ jobId: order.jobId, to: 'submitting', cause: 'worker', nonce: crypto.randomUUID() });
  return order.jobId;
}

async function sent(jobId: string, name: string): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ payload: unknown }>(
    `SELECT payload FROM replicate.outbox WHERE payload->>'jobId' = $1 AND name = $2`,
    [jobId, name],
  );
  return rows.map(({ payload }) => payload);
}

describe('news of one prediction, all at once', () => {
  it.each([
    ['succeeded', 'storing'],
    ['failed', 'failed'],
  ] as const)('that it %s bring the job there by one path', async (end, state) => {
    const jobIds = await Promise.all(Array.from({ length: 10 }, submitted));
    const news: PredictionStatus[] = ['starting', end, 'processing', end, 'starting', end];
    const applied = jobIds.flatMap((jobId) =>
      news.map((status, index) =>
        predictions.apply(jobId, aPrediction(`p-${jobId}`, status), `webhook ${index}`),
      ),
    );
    await Promise.all(applied);
    for (const jobId of jobIds) {
      const history = await jobs.transitions(jobId);
      expect(history.at(-1)!.toState).toBe(state);
      expect(history.length).toBeLessThanOrEqual(3);
      expect(await jobs.find(jobId)).toMatchObject({ state, replicateId: `p-${jobId}` });
      expect(await sent(jobId, 'store-outputs')).toHaveLength(end === 'succeeded' ? 1 : 0);
      expect(await sent(jobId, 'cancel-prediction')).toEqual([]);
    }
  });
});

describe('news of two predictions of one job', () => {
  it('leave it with one and have the other canceled', async () => {
    const jobIds = await Promise.all(Array.from({ length: 10 }, submitted));
    const applied = jobIds.flatMap((jobId) =>
      ['a', 'b'].map((name) =>
        predictions.apply(jobId, aPrediction(`${name}-${jobId}`, 'starting'), 'worker'),
      ),
    );
    const outcomes = await Promise.all(applied);
    expect(outcomes.filter((outcome) => outcome === 'surplus')).toHaveLength(10);
    for (const jobId of jobIds) {
      const { replicateId } = (await jobs.find(jobId))!;
      const other = replicateId === `a-${jobId}` ? `b-${jobId}` : `a-${jobId}`;
      expect(await sent(jobId, 'cancel-prediction')).toEqual([{ jobId, replicateId: other }]);
    }
  });
});

describe('news of an unknown job', () => {
  it('have no effect', async () => {
    expect(await predictions.apply(crypto.randomUUID(), aPrediction('p', 'failed'), 'poll')).toBe(
      'no effect',
    );
  });
});
