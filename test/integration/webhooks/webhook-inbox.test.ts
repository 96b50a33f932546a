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
