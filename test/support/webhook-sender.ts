import { createHmac, randomUUID } from 'node:crypto';

/** What makes up a signed delivery (Standard Webhooks); all but the body has a sensible value by itself. */
export interface WebhookParts {
  body: string;
  secret: string;
  id?: string;
  timestampSeconds?: number;
  /** `webhook` or `svix`. */
  prefix?: string;
}

/** One entry of a signature header: `v1,<base64>` over `id.timestamp.body`; `secret` is `whsec_` and base64. */
export function webhookSignature(id: string, timestampSeconds: number, body: string, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}

/** The headers of a rightly signed delivery. */
export function webhookHeaders(parts: WebhookParts): Record<string, string> {
  const { body, secret, id = randomUUID(), timestampSeconds = nowSeconds(), prefix = 'webhook' } = parts;
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(timestampSeconds),
    [`${prefix}-signature`]: webhookSignature(id, timestampSeconds, body, secret),
  };
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
