import { isFinal } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ apis: 2, workers: 2 });
});
afterAll(() => app.stop());

const RANKS: Record<string, number> = { pending: 0, processing: 1, completed: 2, failed: 2, canceled: 2 };
const request = {
  mediaType: 'image',
  modelId: 'flux-schnell',
  userId: 'many',
  prompt: 'Many',
  parameters: { seed: 1 },
};

/** The statuses that both APIs show in turn, until the job is over. */
async function observe(jobId: string): Promise<string[]> {
  const seen: string[] = [];
  for (let turn = 0; ; turn += 1) {
    const job = await app.apis[turn % 2]!.status(jobId);
    seen.push(job.status);
    if (isFinal(job)) return seen;
  }
}

describe('two APIs and two workers on the same services', () => {
  it('complete forty jobs, each with one prediction, and no status goes backwards', async () => {
    const jobIds = await Promise.all(
      Array.from({ length: 40 }, (_, index) => app.apis[index % 2]!.generate(request)),
    );
    const observed = await Promise.all(jobIds.map(observe));
    for (const seen of observed) {
      expect(seen.at(-1)).toBe('completed');
      const ranks = seen.map((status) => RANKS[status]!);
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    }
    const { creates, predictions } = await app.simulator.ledger();
    expect(creates).toHaveLength(40);
    expect(predictions).toHaveLength(40);
    for (const jobId of jobIds)
      expect(creates.filter(({ webhook }) => webhook!.includes(jobId))).toHaveLength(1);
    const { rows } = await app.database.query(
      `SELECT (SELECT count(*)::int FROM replicate.media_outputs) AS outputs,
        (SELECT count(*)::int FROM replicate.usage_tracking) AS usage,
        (SELECT sum(actual_cost)::text FROM replicate.usage_tracking) AS cost`,
    );
    expect(rows).toEqual([{ outputs: 40, usage: 40, cost: '0.120000' }]);
    for (const { output } of [...app.apiProcesses, ...app.workerProcesses])
      expect(output).not.toMatch(/"level":"error"/);
  });
});
