import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import {
  makeSecret,
  signatureHeaders,
  verifiedWebhookId,
  type WebhookHeaders,
} from '../../../src/webhooks/signature.js';

/** Public test data of the Standard Webhooks scheme. */
const golden = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const { id, timestamp, secret, signature } = golden;
const body = Buffer.from(golden.body);
const otherSecret = `whsec_${Buffer.from('another key of 24 bytes!').toString('base64')}`;

beforeEach(() => jest.useFakeTimers({ now: timestamp * 1_000, doNotFake: ['nextTick', 'setImmediate'] }));
afterEach(() => jest.useRealTimers());

function sign(raw: Buffer, key = secret, messageId = id, seconds: number | string = timestamp): string {
  const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'));
  return `v1,${mac.update(`${messageId}.${seconds}.`).update(raw).digest('base64')}`;
}

const headers = (more: WebhookHeaders = {}): WebhookHeaders => ({
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': signature,
  ...more,
});

const verified = (given: WebhookHeaders, raw = body, secrets = [secret]) =>
  verifiedWebhookId(secrets, given, raw);

describe('a delivery', () => {
  it('signed as the public test vector is verified', () => {
    expect(sign(body)).toBe(signature);
    expect(verified(headers())).toBe(id);
  });

  it('with svix headers is verified', () => {
    const svix = { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': signature };
    expect(verified(svix)).toBe(id);
  });

  it('with both sets of headers is known by the id that was verified', () => {
    const wrong = { 'webhook-id': 'other', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
    const svix = { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': signature };
    expect(verified({ ...wrong, ...svix })).toBe(id);
    expect(verified({ ...headers(), 'svix-id': 'other' })).toBeUndefined();
  });

  it.each([
    ['the right one first', `${signature} v1,AAAA`],
    ['a wrong one first', `v1,AAAA ${signature}`],
    ['a wrong one of the right length first', `${sign(body, otherSecret)} ${signature}`],
    ['another version first', `v2,${signature.slice(3)} ${signature}`],
    ['another version of odd length first', `v1a,abc ${signature}`],
  ])('with several signatures, %s, is verified', (_what, given) => {
    expect(verified(headers({ 'webhook-signature': given }))).toBe(id);
  });

  it.each([
    ['of another version only', `v2,${signature.slice(3)}`],
    ['without a version', signature.slice(3)],
    ['cut short', signature.slice(0, 20)],
    ['that is empty', 'v1,'],
    ['that is no base64', 'v1,!!!!'],
    ['in other characters', 'v1,ééééééééééééééééééééééééééééééééééééééééééé='],
    ['by another key', sign(body, otherSecret)],
    ['of another body', sign(Buffer.from('{}'))],
    ['that are only spaces', '   '],
  ])('with a signature %s is refused', (_what, given) => {
    expect(verified(headers({ 'webhook-signature': given }))).toBeUndefined();
  });

  it.each([
    ['the second', [otherSecret, secret]],
    ['the first', [secret, otherSecret]],
  ])('signed with %s of two secrets is verified', (_what, secrets) => {
    expect(verified(headers(), body, secrets)).toBe(id);
  });

  it('is refused when the secret has been withdrawn', () => {
    expect(verified(headers(), body, [otherSecret])).toBeUndefined();
    expect(verified(headers(), body, [])).toBeUndefined();
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s is refused', (name) => {
    const { [name]: _left, ...rest } = headers();
    expect(verified(rest)).toBeUndefined();
    expect(verified(headers({ [name]: '' }))).toBeUndefined();
    expect(verified(headers({ [name]: [String(headers()[name])] }))).toBeUndefined();
  });

  it.each([
    [-300, true],
    [-301, false],
    [300, true],
    [301, false],
    [-86_400, false],
    [86_400, false],
  ])('stamped %i s from now is verified: %s', (seconds, expected) => {
    const stamp = timestamp + seconds;
    const given = headers({
      'webhook-timestamp': String(stamp),
      'webhook-signature': sign(body, secret, id, stamp),
    });
    expect(verified(given)).toBe(expected ? id : undefined);
  });

  it.each(['soon', '', 'NaN', '1e9', '-1614265330', '2021-02-25T15:02:10Z'])(
    'stamped %j is refused, also when that was signed',
    (stamp) => {
      const given = headers({
        'webhook-timestamp': stamp,
        'webhook-signature': sign(body, secret, id, stamp),
      });
      expect(verified(given)).toBeUndefined();
    },
  );

  it('written anew from its parsed JSON is refused', () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(golden.body)));
    expect(verified(headers(), rewritten)).toBeUndefined();
  });

  it('of text in any script is verified by its bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const raw = Buffer.from(JSON.stringify({ text }));
        expect(verified(headers({ 'webhook-signature': sign(raw) }), raw)).toBe(id);
      }),
    );
  });

  it('with one changed bit in its body is refused', () => {
    const change = fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 0, max: 7 }));
    fc.assert(
      fc.property(change, ([index, bit]) => {
        const changed = Buffer.from(body);
        changed[index]! ^= 1 << bit;
        expect(verified(headers(), changed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('with another character in its id, its time or its signature is refused', () => {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
    const replacement = fc.constantFrom(...'abcXYZ0123456789+/_.-'.split(''));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(200), replacement, (name, at, character) => {
        const text = String(headers()[name]);
        const index = at % text.length;
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        // The last digit of base64 before "=" carries bits that stand for nothing.
        fc.pre(changed !== text && !(name === 'webhook-signature' && index >= text.length - 2));
        expect(verified(headers({ [name]: changed }))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a message of ours', () => {
  it('is signed as the public test vector', () => {
    expect(signatureHeaders([secret], id, new Date(timestamp * 1_000 + 999), golden.body)).toEqual(headers());
  });

  it('is signed with each of its secrets, so that either verifies it', () => {
    const signed = signatureHeaders([otherSecret, secret], id, new Date(timestamp * 1_000), golden.body);
    expect(signed['webhook-signature'].split(' ')).toEqual([sign(body, otherSecret), signature]);
    for (const known of [secret, otherSecret]) expect(verified(signed, body, [known])).toBe(id);
  });

  it('is signed with a secret of 256 random bits', () => {
    const [one, two] = [makeSecret(), makeSecret()];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice('whsec_'.length), 'base64')).toHaveLength(32);
    const signed = signatureHeaders([one], id, new Date(timestamp * 1_000), golden.body);
    expect(verified(signed, body, [one])).toBe(id);
    expect(verified(signed, body, [two])).toBeUndefined();
  });
});
