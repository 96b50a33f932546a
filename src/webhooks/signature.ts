import { randomBytes } from 'node:crypto';
import { Webhook } from 'svix';

/** Header names of the two spellings of the Standard Webhooks scheme; where both are sent, the `svix-` ones count. */
const PREFIXES = ['svix', 'webhook'] as const;

export type WebhookHeaders = Record<string, string | string[] | undefined>;

/**
 * Verifies a delivery: signature over the raw bytes with any of the secrets (several while rotating) and a timestamp
 * within five minutes. Returns the id that was verified, by which deliveries are told apart; undefined when it fails.
 */
export function verifiedWebhookId(
  secrets: string[],
  headers: WebhookHeaders,
  rawBody: Buffer,
): string | undefined {
  const signed = signedHeaders(headers);
  const verified = secrets.some((secret) => verifies(secret, signed, rawBody));
  return verified ? signed['webhook-id'] : undefined;
}

const SECRET_BYTES = 32;

/** Makes a secret to sign with: `whsec_` and 256 random bits in base64. */
export function makeSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The headers of a message to be sent at `at`: its id, the time, and a signature with each of the secrets. */
export function signatureHeaders(
  secrets: string[],
  id: string,
  at: Date,
  body: string,
): Record<`webhook-${'id' | 'timestamp' | 'signature'}`, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}

function verifies(secret: string, headers: Record<string, string>, payload: Buffer): boolean {
  try {
    new Webhook(secret).verify(payload, headers);
    return true;
  } catch {
    return false;
  }
}

function signedHeaders(headers: WebhookHeaders): Record<string, string> {
  const value = (name: string) => {
    const found = PREFIXES.map((prefix) => headers[`${prefix}-${name}`]).find(
      (given) => typeof given === 'string',
    );
    return typeof found === 'string' ? found : '';
  };
  return {
    'webhook-id': value('id'),
    'webhook-timestamp': value('timestamp'),
    'webhook-signature': value('signature'),
  };
}
