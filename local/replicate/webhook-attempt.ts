import type { DrawnFault } from './faults.js';
import type { WebhookEntry } from './ledger.js';
import type { Prediction } from './predictions.js';
import { sign } from './signature.js';
import type { WebhookEvent } from './validation.js';

const staleSeconds = 3600;
const foreignSecret = `whsec_${Buffer.from('not the key of this account').toString('base64')}`;

/** A webhook to send; id and body stay the same on each attempt. */
export interface Message {
  id: string;
  event: WebhookEvent;
  prediction: Prediction;
  url: string;
  body: string;
  completedAtMs: number | undefined;
  attempt: number;
}

interface Means {
  /** Keys that sign, newest first. */
  secrets: string[];
  timeoutMs: number;
  /** Where a `redirect` fault sends its message: a path that answers 307 to the real URL. */
  redirectUrl: (prediction: Prediction, target: string) => string;
}

type Fault = DrawnFault<'webhook'> | undefined;

/** Sends a message once, with what the fault does to it; redirects are not followed. Never throws. */
export async function attemptWebhook(
  message: Message,
  fault: Fault,
  { secrets, timeoutMs, redirectUrl }: Means,
): Promise<Pick<WebhookEntry, 'status' | 'outcome'>> {
  if (fault?.kind === 'drop') return { status: null, outcome: 'dropped' };
  if (fault?.kind === 'outage') return { status: null, outcome: 'unreachable' };
  const url = fault?.kind === 'redirect' ? redirectUrl(message.prediction, message.url) : message.url;
  const body = fault?.kind === 'unknown-keys' ? withUnknownKeys(message.body) : message.body;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Replicate-Simulator',
        ...signedHeaders(message.id, body, secrets, fault),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel();
    if (fault?.kind === 'answer-lost') return { status: null, outcome: 'unreachable' };
    return { status: answer.status, outcome: answer.ok ? 'delivered' : 'refused' };
  } catch {
    return { status: null, outcome: 'unreachable' };
  }
}

/** The timestamp is wall-clock time: it is checked against the receiver's clock. */
function signedHeaders(id: string, body: string, secrets: string[], fault: Fault): Record<string, string> {
  const timestampSeconds = Math.floor(Date.now() / 1000) + timestampShift(fault);
  const by = (secret: string) => sign({ id, timestampSeconds, body }, secret);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures(secrets.map(by), by(foreignSecret), fault).join(' '),
  };
}

function timestampShift(fault: Fault): number {
  if (fault?.kind === 'stale-timestamp') return -staleSeconds;
  return fault?.kind === 'future-timestamp' ? staleSeconds : 0;
}

function signatures(right: string[], wrong: string, fault: Fault): string[] {
  switch (fault?.kind) {
    case 'two-signatures':
      return [wrong, ...right];
    case 'v2-signature-first':
      return [`v2,${wrong.slice('v1,'.length)}`, ...right];
    case 'wrong-secret':
      return [wrong];
    default:
      return right;
  }
}

function withUnknownKeys(body: string): string {
  const prediction = JSON.parse(body) as Record<string, unknown>;
  const nanoseconds = String(prediction.created_at).replace('000Z', '000000Z');
  return JSON.stringify({ ...prediction, created_at: nanoseconds, sim_unknown: { nested: [1, null] } });
}
