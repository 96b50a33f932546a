import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../local/services/free-port.js';
import { DeliverySchedule } from '../../../../src/webhooks/out/delivery-schedule.js';
import { MOST_TRIES } from '../../../../src/webhooks/out/verdict.js';
import { Logger } from '../../../../src/logging/logger.js';
import { makeSecret, signatureHeaders } from '../../../../src/webhooks/signature.js';
import { eventually } from '../../../support/eventually.js';
import { acceptJobs, aNewJob } from '../../jobs/new-job.js';
import { startDeliveryRoom, type DeliveryRoom, type DeliveryRow } from './delivery-room.js';
import { verified } from '../../../support/webhook-receiver.js';

jest.setTimeout(120_000);

let room: DeliveryRoom;

beforeAll(async () => {
  room = await startDeliveryRoom();
});

beforeEach(() =>
  room.db.pool.query('TRUNCATE replicate.webhook_deliveries, replicate.webhook_endpoints CASCADE'),
);

afterAll(() => room.close());

const endpointOf = async (endpointId: string) => (await room.endpoints.find(endpointId))!;
const failedSince = (endpointId: string, days: number) =>
  room.db.pool.query(
    `UPDATE replicate.webhook_endpoints SET failing_since = clock_timestamp() - $2 * interval '1 day'
     WHERE endpoint_id = $1`,
    [endpointId, days],
  );

/** Lets a delivery be tried as often as it may be. */
async function tryToTheEnd(endpointId: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await room.letTimePass(endpointId);
    await room.deliver();
  }
}

describe('the end of a job', () => {
  it.each(['completed', 'failed', 'canceled'] as const)('%s is noted in its very step', async (state) => {
    const { endpointId } = await room.endpoint('/');
    const jobId = await room.ended(state);
    expect(await room.rows(endpointId)).toMatchObject([
      { event: `job.${state}`, subjectId: jobId, status: 'pending', tries: 0, attempts: [] },
    ]);
  });

  it('undone with its transaction is not noted', async () => {
    const { endpointId } = await room.endpoint('/');
    const job = aNewJob();
    await acceptJobs(room.db.database, job);
    const undone = room.db.database.transaction(async (manager) => {
      await room.jobs.moveWithin(manager, { jobId: job.jobId, to: 'canceled', cause: 'cancel' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await room.rows(endpointId)).toEqual([]);
  });

  it('is noted for those whose it is, and for admins', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const hears = async (facts: object) => {
      const { endpointId } = await room.endpoint('/', facts);
      return async () => (await room.rows(endpointId)).length;
    };
    const counts = await Promise.all([
      hears({}),
      hears({ userId: 'producer-1' }),
      hears({ userId: 'producer-2' }),
      hears({ ofAllOwners: false }),
      hears({ ofAllOwners: false, owner: `key:${one}` }),
      hears({ ofAllOwners: false, owner: `key:${one}`, userId: 'producer-2' }),
      hears({ ofAllOwners: false, owner: `key:${two}` }),
      hears({ events: ['job.failed', 'compilation.completed'] }),
    ]);
    await room.ended('canceled', { owner: `key:${one}` });
    expect(await Promise.all(counts.map((count) => count()))).toEqual([1, 1, 0, 0, 1, 0, 0, 0]);
    await room.ended('canceled');
    expect(await Promise.all(counts.map((count) => count()))).toEqual([2, 2, 0, 0, 1, 0, 0, 0]);
  });

  it('is noted neither for a disabled endpoint nor for a deleted one', async () => {
    const [disabled, deleted] = [await room.endpoint('/'), await room.endpoint('/')];
    await room.endpoints.change(disabled.endpointId, { enabled: false });
    await room.endpoints.remove(deleted.endpointId);
    await room.ended();
    expect(await room.rows(disabled.endpointId)).toEqual([]);
    expect(await room.rows(deleted.endpointId)).toEqual([]);
  });
});

describe('a delivery', () => {
  it('is the status of the job, signed, and one that went well is over', async () => {
    const { endpointId, secret } = await room.endpoint('/well');
    const jobId = await room.ended('failed');
    await room.deliver();
    const [message] = room.receiver.received('/well');
    const [row] = await room.rows(endpointId);
    expect(verified(secret, message!)).toEqual({
      type: 'job.failed',
      timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) as string,
      data: expect.objectContaining({ jobId, status: 'failed', userId: 'producer-1' }) as object,
    });
    expect(message!.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': row!.deliveryId,
    });
    expect(row).toMatchObject({ status: 'delivered', tries: 1, waits: null });
    expect(row!.attempts).toEqual([
      { httpStatus: 204, durationMs: expect.any(Number) as number, response: '', error: null },
    ]);
    expect(room.printed()).not.toContain(secret.slice(6));
  });

  it('that fails is tried again later, under the same id and with the same content', async () => {
    const { endpointId, secret } = await room.endpoint('/later');
    room.receiver.answer('/later', 500);
    await room.ended();
    await room.deliver();
    expect(await room.rows(endpointId)).toMatchObject([
      { status: 'pending', tries: 1, attempts: [{ httpStatus: 500, response: 'answered 500', error: null }] },
    ]);
    await room.letTimePass(endpointId);
    await room.deliver();
    const [row] = await room.rows(endpointId);
    expect(row!.waits).toBeGreaterThan(200);
    expect((await endpointOf(endpointId)).failingSince).not.toBeNull();
    room.receiver.answer('/later', 200);
    await room.letTimePass(endpointId);
    await room.deliver();
    const messages = room.receiver.received('/later');
    expect(new Set(messages.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([row!.deliveryId]));
    expect(new Set(messages.map(({ body }) => body)).size).toBe(1);
    for (const message of messages) verified(secret, message);
    expect(await room.rows(endpointId)).toMatchObject([{ status: 'delivered', tries: 3 }]);
    expect((await endpointOf(endpointId)).failingSince).toBeNull();
  });

  it('that never succeeds is given up after its last try', async () => {
    const { endpointId } = await room.endpoint('/never');
    room.receiver.answer('/never', 503);
    await room.ended();
    await tryToTheEnd(endpointId);
    expect(room.receiver.received('/never')).toHaveLength(MOST_TRIES);
    expect(await room.rows(endpointId)).toMatchObject([{ status: 'failed', tries: MOST_TRIES, waits: null }]);
    expect(await endpointOf(endpointId)).toMatchObject({ disabledAt: null });
  });

  it('follows no redirect', async () => {
    const { endpointId } = await room.endpoint('/moved');
    room.receiver.answer('/moved', (response) => void response.writeHead(307, { location: '/target' }).end());
    await room.ended();
    await room.deliver();
    expect(room.receiver.received('/target')).toEqual([]);
    expect(await room.rows(endpointId)).toMatchObject([
      { status: 'pending', attempts: [{ httpStatus: 307 }] },
    ]);
  });

  it('reads no more of an answer than its beginning, and keeps what can be kept', async () => {
    const { endpointId } = await room.endpoint('/long');
    room.receiver.answer('/long', (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('\0é'.repeat(10_000)));
        response.once('drain', more);
      };
      more();
    });
    await room.ended();
    await room.deliver();
    const [row] = await room.rows(endpointId);
    expect(row).toMatchObject({ status: 'delivered' });
    expect(row!.attempts[0]!.response).toMatch(/^é{500,1024}$/);
  });

  it('that is cut off or refused tells why', async () => {
    const { endpointId } = await room.endpoint('/cut');
    room.receiver.answer('/cut', (response) => response.destroy());
    const refused = await room.endpoint('/', { url: 'https://localhost/hooks' });
    const unknown = await room.endpoint('/', { url: 'https://no-such-host.invalid/hooks' });
    const inside = await room.endpoint('/', { url: 'https://169.254.169.254/hooks' });
    await room.ended();
    await room.deliver();
    const errors = [endpointId, refused.endpointId, unknown.endpointId, inside.endpointId].map(
      async (id) => (await room.rows(id))[0]!.attempts[0]!,
    );
    expect(await Promise.all(errors)).toMatchObject([
      { httpStatus: null, error: 'The connection failed: UND_ERR_SOCKET' },
      { httpStatus: null, error: 'The host is not at a public address' },
      { httpStatus: null, error: expect.stringMatching(/^The connection /) as string },
      { httpStatus: null, error: 'Not sent: its url must be on a public address' },
    ]);
  });

  it('is tried anew when its worker died with it', async () => {
    const { endpointId } = await room.endpoint('/killed');
    await room.ended();
    expect(await room.queue.take([], 10)).toHaveLength(1);
    expect(await room.queue.take([], 10)).toEqual([]);
    await room.letTimePass(endpointId);
    await room.deliver();
    expect(await room.rows(endpointId)).toMatchObject([{ status: 'delivered', tries: 1 }]);
  });

  it('taken anew is not changed by who held it before', async () => {
    const { endpointId } = await room.endpoint('/late');
    await room.ended();
    const [early] = await room.queue.take([], 10);
    await room.letTimePass(endpointId);
    const [late] = await room.queue.take([], 10);
    await room.deliveries.attempt(late!);
    room.receiver.answer('/late', 500);
    await room.deliveries.attempt(early!);
    const [row] = await room.rows(endpointId);
    expect(row).toMatchObject({ status: 'delivered', tries: 1 });
    expect(row!.attempts.map(({ httpStatus }) => httpStatus)).toEqual([204, 500]);
  });

  it('of a test tells the endpoint', async () => {
    const { endpointId, secret } = await room.endpoint('/test');
    await room.db.pool.query(
      `INSERT INTO replicate.webhook_deliveries (endpoint_id, event, occurred_at)
       VALUES ($1, 'endpoint.test', clock_timestamp())`,
      [endpointId],
    );
    await room.deliver();
    expect(verified(secret, room.receiver.received('/test')[0]!)).toMatchObject({
      type: 'endpoint.test',
      data: { endpointId },
    });
  });

  it('of what is no more fails and says so', async () => {
    const { endpointId } = await room.endpoint('/');
    await room.ended();
    await room.db.pool.query('UPDATE replicate.webhook_deliveries SET subject_id = gen_random_uuid()');
    await room.deliver();
    expect(await room.rows(endpointId)).toMatchObject([
      { status: 'failed', attempts: [{ error: 'Not sent: what it tells of is no more' }] },
    ]);
  });

  it('is removed when it has ended and is thirty days old, with its attempts', async () => {
    const [old, open] = [await room.endpoint('/old'), await room.endpoint('/open')];
    room.receiver.answer('/open', 500);
    await room.ended();
    await room.deliver();
    await room.endpoints.remove(old.endpointId);
    const age = (days: number) =>
      room.db.pool.query(
        `UPDATE replicate.webhook_deliveries SET created_at = clock_timestamp() - $1 * interval '1 day'`,
        [days],
      );
    await age(29);
    expect(await room.queue.removeOld(10)).toBe(0);
    await age(31);
    expect(await room.queue.removeOld(10)).toBe(1);
    expect([await room.rows(old.endpointId), await room.rows(open.endpointId)]).toMatchObject([
      [],
      [{ status: 'pending' }],
    ]);
    await room.db.pool.query(
      `UPDATE replicate.webhook_endpoints SET deleted_at = deleted_at - interval '31 days'`,
    );
    await room.queue.removeOld(10);
    const { rows } = await room.db.pool.query('SELECT endpoint_id FROM replicate.webhook_endpoints');
    expect(rows).toEqual([{ endpoint_id: open.endpointId }]);
  });
});

describe('an endpoint', () => {
  it('with a new secret is signed for with both until the old one has ended', async () => {
    const { endpointId, secret } = await room.endpoint('/rotated');
    const other = `whsec_${Buffer.from('another key of 24 bytes!').toString('base64')}`;
    await room.endpoints.rotate(endpointId, other);
    await room.ended();
    await room.deliver();
    const [both] = room.receiver.received('/rotated');
    for (const known of [secret, other])
      expect(verified(known, both!)).toMatchObject({ type: 'job.canceled' });
    await room.db.pool.query(
      `UPDATE replicate.webhook_endpoints SET previous_secret_until = clock_timestamp()`,
    );
    await room.ended();
    await room.deliver();
    const [, one] = room.receiver.received('/rotated');
    expect(verified(other, one!)).toMatchObject({ type: 'job.canceled' });
    expect(() => verified(secret, one!)).toThrow();
  });

  it('that answers 410 is told nothing more', async () => {
    const { endpointId } = await room.endpoint('/gone');
    room.receiver.answer('/gone', 410);
    await room.ended();
    await room.deliver();
    expect(await endpointOf(endpointId)).toMatchObject({
      disabledReason: 'gone',
      disabledAt: expect.any(Date) as Date,
    });
    await room.ended();
    expect(await room.rows(endpointId)).toMatchObject([{ status: 'failed', tries: 1 }]);
    expect(room.printed()).toContain('webhook-endpoint-disabled');
  });

  it('that failed for five days is disabled by a delivery that is given up', async () => {
    const { endpointId } = await room.endpoint('/failing');
    room.receiver.answer('/failing', 500);
    await room.ended();
    await failedSince(endpointId, 6);
    await room.deliver();
    expect(await endpointOf(endpointId)).toMatchObject({ disabledAt: null });
    await tryToTheEnd(endpointId);
    expect(await endpointOf(endpointId)).toMatchObject({ disabledReason: 'failing' });
    await room.endpoints.change(endpointId, { enabled: true });
    expect(await endpointOf(endpointId)).toMatchObject({ disabledReason: null, failingSince: null });
  });

  it('that failed for less is not', async () => {
    const { endpointId } = await room.endpoint('/failed');
    room.receiver.answer('/failed', 500);
    await room.ended();
    await failedSince(endpointId, 4);
    await tryToTheEnd(endpointId);
    expect(await endpointOf(endpointId)).toMatchObject({ disabledAt: null });
  });

  it('that is disabled with deliveries on their way is sent none of them', async () => {
    const { endpointId } = await room.endpoint('/disabled');
    await room.ended();
    await room.endpoints.change(endpointId, { enabled: false });
    await room.deliver();
    expect(room.receiver.received('/disabled')).toEqual([]);
    expect(await room.rows(endpointId)).toMatchObject([
      { status: 'failed', attempts: [{ error: 'Not sent: the endpoint is disabled' }] },
    ]);
    expect(await endpointOf(endpointId)).toMatchObject({ disabledReason: 'requested', failingSince: null });
  });

  it.each(['revoked_at', 'expires_at'])('whose key has ended (%s) is told nothing more', async (column) => {
    const keyId = randomUUID();
    await room.db.pool.query(
      `INSERT INTO replicate.api_keys (key_id, name, prefix, secret_hash, scopes) VALUES ($1, 'a', $2, '', '{}')`,
      [keyId, keyId.slice(0, 12)],
    );
    const { endpointId } = await room.endpoint('/ended', { owner: `key:${keyId}` });
    await room.ended();
    await room.deliver();
    const before = room.receiver.received('/ended').length;
    await room.db.pool.query(
      `UPDATE replicate.api_keys SET ${column} = clock_timestamp() WHERE key_id = $1`,
      [keyId],
    );
    await room.ended();
    await room.deliver();
    expect(room.receiver.received('/ended')).toHaveLength(before);
    expect(await endpointOf(endpointId)).toMatchObject({ disabledReason: 'key_ended' });
  });

  it('that is slow holds up no other', async () => {
    const slow = await room.endpoint('/slow');
    const open: (() => void)[] = [];
    room.receiver.answer('/slow', (response) => void open.push(() => response.writeHead(204).end()));
    for (let count = 0; count < 20; count += 1) await room.ended();
    const schedule = new DeliverySchedule(room.queue, room.deliveries, new Logger('silent'));
    while (await schedule.run());
    await eventually(
      async () => open.length,
      (count) => count === 8,
    );
    const quick = await room.endpoint('/quick');
    await room.ended();
    while (await schedule.run());
    await eventually(
      () => room.rows(quick.endpointId),
      ([row]) => row?.status === 'delivered',
    );
    expect(open).toHaveLength(8);
    room.receiver.answer('/slow', 204);
    for (const answer of open) answer();
    await schedule.beforeApplicationShutdown();
    await room.deliver();
    const rows = await room.rows(slow.endpointId);
    expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: 21 }, () => 'delivered'));
  });

  it('that fails is tried with one delivery at a time', async () => {
    const { endpointId } = await room.endpoint('/one-by-one');
    for (let count = 0; count < 5; count += 1) await room.ended();
    await failedSince(endpointId, 1);
    expect(await room.queue.take([], 10)).toHaveLength(1);
    expect(await room.queue.take([endpointId], 10)).toEqual([]);
  });

  it('is told each event once by two workers beside each other', async () => {
    const { endpointId } = await room.endpoint('/twice');
    for (let count = 0; count < 30; count += 1) await room.ended();
    await Promise.all([room.deliver(), room.deliver()]);
    expect(room.receiver.received('/twice')).toHaveLength(30);
    expect((await room.rows(endpointId)).every(({ status }) => status === 'delivered')).toBe(true);
  });
});

describe('the receiver that docs/webhooks.md shows', () => {
  const project = join(import.meta.dirname, '../../../..');
  const sample = /```js\n([^]*?)```/.exec(readFileSync(join(project, 'docs/webhooks.md'), 'utf8'))![1]!;

  it.each(['svix', 'standardwebhooks'])(
    'takes what is rightly signed, with the library %s',
    async (library) => {
      const folder = await mkdtemp(join(tmpdir(), 'receiver-'));
      await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
      await writeFile(join(folder, 'receiver.mjs'), sample.replace("'svix'", `'${library}'`));
      const port = await freePort();
      const { endpointId, secret } = await room.endpoint('/', { url: `http://127.0.0.1:${port}/hooks` });
      const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) };
      const receiver = spawn(process.execPath, ['receiver.mjs'], { cwd: folder, env });
      let printed = '';
      receiver.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const statusOf = async (headers: Record<string, string>) =>
        (await fetch(`http://127.0.0.1:${port}/hooks`, { method: 'POST', body: '{}', headers })).status;
      try {
        await eventually(
          () => statusOf({}),
          (status) => status === 401,
        );
        const jobId = await room.ended();
        await room.deliver();
        const [{ deliveryId }] = (await room.rows(endpointId)) as [DeliveryRow];
        await room.db.pool.query(
          'UPDATE replicate.webhook_deliveries SET status = $1, next_attempt_at = now()',
          ['pending'],
        );
        await room.deliver();
        expect(await room.rows(endpointId)).toMatchObject([{ deliveryId, status: 'delivered', tries: 2 }]);
        expect(await statusOf(signatureHeaders([makeSecret()], deliveryId, new Date(), '{}'))).toBe(401);
        expect(printed).toBe(`job.canceled ${jobId}\n`);
      } finally {
        receiver.kill('SIGKILL');
        await rm(folder, { recursive: true });
      }
    },
  );
});
