import { Random } from '../../../local/replicate/random.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { fact, never, type Section } from '../figures.js';
import { forgedDelivery, rightDelivery, type Secrets, type Sent } from '../world/mutations.js';

const WIDTH = 8;
const SHARE_OF_RIGHT = 0.25;

/** Deliveries to the real route: every forged one must be refused and leave no trace, every right one be kept. */
export async function mutatedWebhooks(count: number, seed: string): Promise<Section> {
  const random = new Random(`${seed} webhooks`);
  const secrets = { current: secret(random), previous: secret(random) };
  const app = await startTestApp({
    workers: 0,
    env: { LOG_LEVEL: 'info', REPLICATE_WEBHOOK_SECRET: `${secrets.current},${secrets.previous}` },
  });
  try {
    const { forged, right } = await deliverAll(app, count, random, secrets);
    const kept = await inbox(app);
    const names = new Set([...forged, ...right].map(({ sent }) => sent.name));
    return {
      title: 'Mutated webhooks, to the real route',
      notes: ['Two secrets, as while rotating; both spellings of the headers.'],
      figures: [
        fact('webhooks delivered', forged.length + right.length),
        fact('kinds of them', names.size),
        never(
          'forged accepted',
          forged.filter(({ sent, status }) => status < 400 || kept.has(sent.id)).map(told),
        ),
        never('answers of 5xx', [...forged, ...right].filter(({ status }) => status >= 500).map(told)),
        never(
          'valid rejected',
          right.filter(({ sent, status }) => status !== 200 || !kept.has(sent.id)).map(told),
        ),
        never('webhooks kept that nobody rightly sent', strangers(kept, right)),
        never('secrets in the log', leaks(app, secrets)),
      ],
    };
  } finally {
    await app.stop();
  }
}

interface Delivered {
  sent: Sent;
  status: number;
}

async function deliverAll(app: TestApp, count: number, random: Random, secrets: Secrets) {
  const [forged, right]: [Delivered[], Delivered[]] = [[], []];
  let next = 0;
  const lane = async () => {
    while (next++ < count) {
      const isRight = random.next() < SHARE_OF_RIGHT;
      const sent = isRight ? rightDelivery(random, secrets) : forgedDelivery(random, secrets);
      (isRight ? right : forged).push({ sent, status: await deliver(app, sent) });
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return { forged, right };
}

async function deliver({ api }: TestApp, { headers, body }: Sent): Promise<number> {
  const response = await fetch(`${api.url}/webhook/replicate`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

async function inbox({ database }: TestApp): Promise<Set<string>> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT webhook_id AS id FROM replicate.webhook_inbox',
  );
  return new Set(rows.map(({ id }) => id));
}

function strangers(kept: Set<string>, right: Delivered[]): string[] {
  const sent = new Set(right.map((delivered) => delivered.sent.id));
  return [...kept].filter((id) => !sent.has(id));
}

function leaks({ apiProcesses }: TestApp, { current, previous }: Secrets): string[] {
  const printed = apiProcesses.map(({ output }) => output).join('\n');
  const texts = [current, previous].map((one) => one.replace('whsec_', ''));
  return texts.filter((text) => printed.includes(text)).map(() => 'a webhook secret was printed');
}

function told({ sent, status }: Delivered): string {
  return `${sent.name}: answered ${status}`;
}

function secret(random: Random): string {
  return `whsec_${random.bytes(24).toString('base64')}`;
}
