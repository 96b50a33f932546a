import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { reachedState } from '../support/job-rows.js';

jest.setTimeout(60_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'layers', prompt: 'Layers' };
const key = (jobId: string) => `job:status:${jobId}`;

/** A completed job that no API has shown yet and that every layer knows in its last version. */
async function completedUnseen() {
  const jobId = await app.api.generate(request);
  await reachedState(app.database, jobId, 'completed');
  const [item] = await eventually(
    () => app.items({ jobId }),
    (items) => items[0]?.status === 'completed',
  );
  await eventually(
    () => app.redis.hget(key(jobId), 'v'),
    (version) => version === String(item!.version),
  );
  return { jobId, timestamp: item!.timestamp as number, item: item! };
}

const look = (jobId: string, headers: Record<string, string> = {}) =>
  app.api.get(`/status/${jobId}`, headers);

describe('a status', () => {
  it('comes from Redis, then from memory', async () => {
    const { jobId } = await completedUnseen();
    const [first, second] = [await look(jobId), await look(jobId)];
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['redis', 'memory']);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('comes from DynamoDB when Redis has lost it, and goes back into Redis', async () => {
    const { jobId } = await completedUnseen();
    await app.redis.del(key(jobId));
    const answer = await look(jobId);
    expect(answer.headers.get('x-cache')).toBe('dynamodb');
    expect(answer.body).toMatchObject({ jobId, status: 'completed' });
    expect((await app.redis.hget(key(jobId), 'b'))!).toBe(answer.text);
  });

  it('comes from PostgreSQL when both have lost it, the same to the byte', async () => {
    const { jobId, timestamp, item } = await completedUnseen();
    const mirrored = item.body;
    await app.redis.del(key(jobId));
    await app.removeItem({ jobId, timestamp });
    const answer = await look(jobId);
    expect(answer.headers.get('x-cache')).toBe('postgres');
    expect(answer.text).toBe(mirrored);
  });

  it('comes from the next layer when a layer holds rubbish', async () => {
    const { jobId } = await completedUnseen();
    await app.redis.del(key(jobId));
    await app.redis.set(key(jobId), 'no hash');
    const answer = await look(jobId);
    expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'dynamodb']);
  });

  it('is not sent again to a client that has it', async () => {
    const { jobId } = await completedUnseen();
    const etag = (await look(jobId)).headers.get('etag')!;
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await look(jobId, { 'if-none-match': value });
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await look(jobId, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('never goes back to what a layer that lags behind still holds', async () => {
    await app.simulator.fault({
      where: 'run',
      kind: 'stuck-processing',
      match: { promptIncludes: 'lagging' },
    });
    app.workerProcesses[0]!.signal('SIGSTOP');
    const jobId = await app.api.generate({ ...request, prompt: 'lagging' });
    const pending = await look(jobId);
    expect(pending.body).toMatchObject({ status: 'pending' });
    const old = await app.redis.hgetall(key(jobId));
    app.workerProcesses[0]!.signal('SIGCONT');
    const processing = await app.api.reached(jobId, 'processing');
    const [item] = await eventually(
      () => app.items({ jobId }),
      (items) => items[0]?.status === 'processing',
    );

    await app.redis.del(key(jobId));
    await app.redis.hset(key(jobId), old);
    await app.putItem({ ...item, version: 1, status: 'pending', body: pending.text });
    expect(await app.api.status(jobId)).toEqual(processing);
  });

  it('asked for by many at once is the same for all', async () => {
    const { jobId, timestamp } = await completedUnseen();
    await app.redis.del(key(jobId));
    await app.removeItem({ jobId, timestamp });
    const answers = await Promise.all(Array.from({ length: 200 }, () => look(jobId)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(200);
  });
});
