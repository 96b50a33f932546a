import { randomUUID } from 'node:crypto';
import { WebhookInboxRepository, type Delivery } from '../../../src/webhooks/webhook-inbox.repository.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';

let db: TestDatabase;
let inbox: WebhookInboxRepository;

beforeAll(async () => {
  db = await startTestDatabase();
  inbox = new WebhookInboxRepository(db.database);
});

afterAll(() => db.close());

function aDelivery(facts: Partial<Delivery> = {}): Delivery {
  const replicateId = randomUUID();
  return {
    webhookId: `msg_${randomUUID()}`,
    jobId: randomUUID(),
    replicateId,
    body: `{"id":"${replicateId}","status":"succeeded","output":["https://a/ü"],"logs":"nul \\u0000, half \\ud800"}`,
    ...facts,
  };
}

async function messagesOf(webhookId: string): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ name: string; payload: unknown }>(
    `SELECT name, payload FROM replicate.outbox WHERE payload->>'webhookId' = $1`,
    [webhookId],
  );
  return rows;
}

describe('the inbox of webhooks', () => {
  it('keeps a delivery with the message that has it applied', async () => {
    const delivery = aDelivery();
    await inbox.store(delivery);
    expect(await inbox.find(delivery.webhookId)).toEqual(delivery);
    expect(await messagesOf(delivery.webhookId)).toEqual([
      { name: 'apply-webhook', payload: { webhookId: delivery.webhookId } },
    ]);
  });

  it('keeps a delivery that names no job', async () => {
    const delivery = aDelivery({ jobId: null });
    await inbox.store(delivery);
    expect(await inbox.find(delivery.webhookId)).toEqual(delivery);
  });

  it('takes a second delivery of the same id for done', async () => {
    const delivery = aDelivery();
    await inbox.store(delivery);
    await inbox.store({ ...delivery, body: '{}' });
    expect(await inbox.find(delivery.webhookId)).toEqual(delivery);
    expect(await messagesOf(delivery.webhookId)).toHaveLength(1);
  });

  it('keeps one of twenty deliveries that come at once', async () => {
    const delivery = aDelivery();
    await Promise.all(Array.from({ length: 20 }, () => inbox.store(delivery)));
    expect(await messagesOf(delivery.webhookId)).toHaveLength(1);
  });

  it('keeps each event of one prediction', async () => {
    const started = aDelivery();
    const completed = { ...started, webhookId: `msg_${randomUUID()}` };
    await inbox.store(started);
    await inbox.store(completed);
    expect(await messagesOf(completed.webhookId)).toHaveLength(1);
  });

  it('knows no delivery that never came', async () => {
    expect(await inbox.find('msg_none')).toBeUndefined();
  });

  it('notes what came of a delivery', async () => {
    const delivery = aDelivery();
    await inbox.store(delivery);
    await inbox.markApplied(delivery.webhookId, 'moved');
    const { rows } = await db.pool.query(
      'SELECT outcome, applied_at >= received_at AS later FROM replicate.webhook_inbox WHERE webhook_id = $1',
      [delivery.webhookId],
    );
    expect(rows).toEqual([{ outcome: 'moved', later: true }]);
  });
});

describe('a webhook that nobody applied', () => {
  const age = (webhookId: string, column: string, minutes: number) =>
    db.pool.query(
      `UPDATE replicate.webhook_inbox SET ${column} = ${column} - $2 * interval '1 minute' WHERE webhook_id = $1`,
      [webhookId, minutes],
    );

  it('is sent again after a minute, then after five, for two hours', async () => {
    const { webhookId } = aDelivery();
    await inbox.store(aDelivery({ webhookId }));
    expect(await inbox.resendUnapplied(10)).toBe(0);
    await age(webhookId, 'due_at', 1);
    expect([await inbox.resendUnapplied(10), await inbox.resendUnapplied(10)]).toEqual([1, 0]);
    expect(await messagesOf(webhookId)).toHaveLength(2);
    await Promise.all([age(webhookId, 'due_at', 5), age(webhookId, 'received_at', 121)]);
    expect(await inbox.resendUnapplied(10)).toBe(0);
  });

  it('is not sent again once it is applied', async () => {
    const { webhookId } = aDelivery();
    await inbox.store(aDelivery({ webhookId }));
    await age(webhookId, 'due_at', 1);
    await inbox.markApplied(webhookId, 'moved');
    expect(await inbox.resendUnapplied(10)).toBe(0);
  });
});
