import { createHmac } from 'node:crypto';

interface SignedMessage {
  id: string;
  timestampSeconds: number;
  body: string;
}

/** Value of one `webhook-signature` entry (Standard Webhooks, `v1,<base64>`); `secret` is `whsec_` and base64. */
export function sign(message: SignedMessage, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const content = `${message.id}.${message.timestampSeconds}.${message.body}`;
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
