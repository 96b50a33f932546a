import type { Random } from '../../../local/replicate/random.js';
import { nowSeconds, webhookSignature } from '../../support/webhook-sender.js';

/** A delivery as it goes over the wire. */
export interface Sent {
  /** What was done to it. */
  name: string;
  id: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** A rightly signed delivery in its parts. */
interface Original {
  id: string;
  timestamp: number;
  body: string;
  signature: string;
}

/** The secrets that the receiver takes: the present one, and the one before it. */
export interface Secrets {
  current: string;
  previous: string;
}

/** Seconds by which a timestamp may be off, kept well away from. */
const TOLERANCE = 300;
const STATUSES = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted'];
const TEXTS = ['plain', 'ünï©ødé', '日本語 🎬', 'line\nbreak', '"quoted" \\ back', 'a'.repeat(5_000)];

type Vary = (original: Original, random: Random, secrets: Secrets) => Partial<Sent>;

const sign = (parts: { id: string; timestamp: number; body: string }, secret: string) =>
  webhookSignature(parts.id, parts.timestamp, parts.body, secret);

const headersOf = ({ id, timestamp, signature }: Original, prefix = 'webhook'): Record<string, string> => ({
  [`${prefix}-id`]: id,
  [`${prefix}-timestamp`]: String(timestamp),
  [`${prefix}-signature`]: signature,
});

const resigned = (original: Original, change: Partial<Original>, secret: string) => {
  const changed = { ...original, ...change };
  const signature = sign(changed, secret);
  return { id: changed.id, headers: headersOf({ ...changed, signature }), body: Buffer.from(changed.body) };
};

const signatureBecomes = (original: Original, signature: string) => ({
  headers: headersOf({ ...original, signature }),
});

/** What a right sender may do. */
const RIGHT: Record<string, Vary> = {
  plain: () => ({}),
  'svix headers': (original) => ({ headers: headersOf(original, 'svix') }),
  'previous secret': (original, _random, { previous }) => resigned(original, {}, previous),
  'wrong signature before the right one': (original, random, { current }) =>
    signatureBecomes(original, `${sign({ ...original, id: random.id() }, current)} ${original.signature}`),
  'unknown version before the right one': (original, random) =>
    signatureBecomes(original, `v2,${random.bytes(32).toString('base64')} ${original.signature}`),
  'clock up to four minutes off': (original, random, { current }) =>
    resigned(original, { timestamp: nowSeconds() + Math.round(random.between(-240, 240)) }, current),
  'unknown fields': (original, random, { current }) =>
    resigned(
      original,
      { body: JSON.stringify({ ...JSON.parse(original.body), [random.id(8)]: [null, 1] }) },
      current,
    ),
  'spaced JSON': (original, _random, { current }) =>
    resigned(original, { body: JSON.stringify(JSON.parse(original.body), null, 2) }, current),
};

/** What nobody may do who lacks the secret, or comes too late. */
const FORGED: Record<string, Vary> = {
  'bit of the body flipped': ({ body }, random) => {
    const bytes = Buffer.from(body);
    const index = random.integer(bytes.length);
    bytes[index] = bytes[index]! ^ (1 << random.integer(8));
    return { body: bytes };
  },
  'body cut short': ({ body }, random) => ({
    body: Buffer.from(body).subarray(0, random.integer(body.length)),
  }),
  'body grown': ({ body }) => ({ body: Buffer.from(`${body} `) }),
  'body written anew': ({ body }) => ({ body: Buffer.from(JSON.stringify(JSON.parse(body), null, 1)) }),
  'status changed': ({ body }) => ({
    body: Buffer.from(body.replace(/"status":"\w+"/, '"status":"succeeded" ')),
  }),
  'id changed': (original, random) => ({ headers: headersOf({ ...original, id: random.id() }) }),
  'timestamp moved': (original, random) => ({
    headers: headersOf({ ...original, timestamp: original.timestamp + 1 + random.integer(100) }),
  }),
  'too old': (original, random, { current }) =>
    resigned(original, { timestamp: nowSeconds() - TOLERANCE - 20 - random.integer(100_000) }, current),
  'too new': (original, random, { current }) =>
    resigned(original, { timestamp: nowSeconds() + TOLERANCE + 20 + random.integer(100_000) }, current),
  'another secret': (original, random) =>
    resigned(original, {}, `whsec_${random.bytes(24).toString('base64')}`),
  'the secret’s text as the key': (original, _random, { current }) =>
    resigned(original, {}, `whsec_${Buffer.from(current).toString('base64')}`),
  'character of the signature changed': (original, random) => {
    const { signature } = original;
    // The last characters of base64 hold bits that count for nothing.
    const index = 'v1,'.length + random.integer(signature.length - 'v1,'.length - 3);
    const other = signature[index] === 'A' ? 'B' : 'A';
    return signatureBecomes(original, signature.slice(0, index) + other + signature.slice(index + 1));
  },
  'signature cut short': (original, random) =>
    signatureBecomes(original, original.signature.slice(0, -1 - random.integer(40))),
  'signature empty': (original) => signatureBecomes(original, ''),
  'signature without its version': (original) =>
    signatureBecomes(original, original.signature.slice('v1,'.length)),
  'signature of an unknown version': (original) =>
    signatureBecomes(original, original.signature.replace(/^v1/, 'v2')),
  'signature in hex': (original) =>
    signatureBecomes(original, `v1,${Buffer.from(original.signature.slice(3), 'base64').toString('hex')}`),
  'signature of another body': (original, random, { current }) =>
    signatureBecomes(original, sign({ ...original, body: `{"id":"${random.id()}"}` }, current)),
  'parts signed in another order': (original, _random, { current }) => {
    const { id, timestamp, body } = original;
    return signatureBecomes(
      original,
      sign({ id: String(timestamp), timestamp: 0, body: `${id}.${body}` }, current),
    );
  },
  'timestamp no number': (original) => ({ headers: { ...headersOf(original), 'webhook-timestamp': 'now' } }),
  'no id': (original) => ({ headers: without(headersOf(original), 'webhook-id') }),
  'no timestamp': (original) => ({ headers: without(headersOf(original), 'webhook-timestamp') }),
  'no signature': (original) => ({ headers: without(headersOf(original), 'webhook-signature') }),
  'nothing but the body': () => ({ headers: {} }),
  'another type of content': (original) => ({
    headers: { ...headersOf(original), 'content-type': 'text/plain' },
  }),
};

/** A delivery as a right sender might make it. */
export function rightDelivery(random: Random, secrets: Secrets): Sent {
  return vary(RIGHT, random, secrets);
}

/** A delivery that must not be taken. */
export function forgedDelivery(random: Random, secrets: Secrets): Sent {
  return vary(FORGED, random, secrets);
}

function vary(kinds: Record<string, Vary>, random: Random, secrets: Secrets): Sent {
  const names = Object.keys(kinds);
  const name = names[random.integer(names.length)]!;
  const body = predictionText(random);
  const unsigned = { id: `msg_${random.id(27)}`, timestamp: nowSeconds(), body };
  const original = { ...unsigned, signature: sign(unsigned, secrets.current) };
  const sent = { name, id: original.id, headers: headersOf(original), body: Buffer.from(body) };
  const varied = { ...sent, ...kinds[name]!(original, random, secrets) };
  return { ...varied, headers: { 'content-type': 'application/json', ...varied.headers } };
}

function predictionText(random: Random): string {
  const text = TEXTS[random.integer(TEXTS.length)];
  const status = STATUSES[random.integer(STATUSES.length)];
  return JSON.stringify({ id: random.id(), status, input: { prompt: text }, output: null, error: null });
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  const { [name]: _removed, ...rest } = headers;
  return rest;
}
