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
