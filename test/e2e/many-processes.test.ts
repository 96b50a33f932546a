import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, isFinal, type Answer } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { startLoadBalancer } from '../support/load-balancer.js';

jest.setTimeout(120_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ apis: 2, workers: 2, env: { RATE_LIMIT_PER_HOUR: '1000' } });
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
    await sleep(25);
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
        (SELECT count(*)::int FROM replicate.usage_tracking WHERE outcome <> 'postponed') AS usage,
        (SELECT sum(actual_cost)::text FROM replicate.usage_tracking) AS cost`,
    );
    expect(rows).toEqual([{ outputs: 40, usage: 40, cost: '0.120000' }]);
    for (const { output } of [...app.apiProcesses, ...app.workerProcesses])
      expect(output).not.toMatch(/"level":"error"/);
  });

  it('are replaced one after the other while clients go on, and no request fails', async () => {
    const balancer = await startLoadBalancer(app.apis.map(({ url }) => url));
    const client = new ApiClient(balancer.url);
    const load = new Load(client);
    const old = { apis: app.apis.slice(), apiProcesses: app.apiProcesses.slice() };
    const oldWorkers = app.workerProcesses.slice();
    for (const [index, { url }] of old.apis.entries()) {
      balancer.add((await app.startApi()).url);
      await balancer.remove(url);
      expect(await old.apiProcesses[index]!.stop()).toMatchObject({ code: 0 });
      app.startWorker();
      expect(await oldWorkers[index]!.stop()).toMatchObject({ code: 0 });
    }
    const { jobIds, answers } = await load.end();

    expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
    expect(jobIds.length).toBeGreaterThan(0);
    for (const jobId of jobIds) {
      expect((await client.finished(jobId)).status).toBe('completed');
      expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
    }
    await balancer.close();
  });
});

/** Orders a job twice a second, and asks for the newest one's status all the while. */
class Load {
  readonly jobIds: string[] = [];
  private readonly answers: Answer[] = [];
  private over = false;
  private readonly running: Promise<unknown>;

  constructor(private readonly client: ApiClient) {
    this.running = Promise.all([this.order(), this.look(), this.look()]);
  }

  async end(): Promise<{ jobIds: string[]; answers: Answer[] }> {
    this.over = true;
    await this.running;
    return { jobIds: this.jobIds, answers: this.answers };
  }

  private async order(): Promise<void> {
    while (!this.over) {
      const answer = await this.client.post('/generate-media', { ...request, userId: 'rolling' });
      this.answers.push(answer);
      this.jobIds.push((answer.body as { jobId: string }).jobId);
      await sleep(500);
    }
  }

  private async look(): Promise<void> {
    for (; !this.over; await sleep(10)) {
      const jobId = this.jobIds.at(-1);
      if (jobId !== undefined) this.answers.push(await this.client.get(`/status/${jobId}`));
    }
  }
}
