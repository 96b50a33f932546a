import { backoffMs } from '../../../src/queue/backoff.js';
import {
  MESSAGE_NAMES,
  MESSAGES,
  message,
  readPayload,
  type MessageName,
} from '../../../src/queue/messages.js';

const payloads: Record<MessageName, Record<string, string>> = {
  'submit-job': { jobId: 'j1' },
  'check-job': { jobId: 'j1' },
  'cancel-prediction': { jobId: 'j1', replicateId: 'p1' },
  'apply-webhook': { webhookId: 'w1' },
  'store-outputs': { jobId: 'j1' },
  'sweep-outputs': { jobId: 'j1' },
  compile: { compilationId: 'c1' },
};

const cases = Object.entries(payloads) as [MessageName, Record<string, string>][];

describe('the catalogue of messages', () => {
  it('knows exactly the messages of old deploys', () => {
    expect([...MESSAGE_NAMES].sort()).toEqual(Object.keys(payloads).sort());
  });

  it.each(cases)('%s carries its ids', (name, payload) => {
    expect(readPayload(name, payload)).toEqual(payload);
    expect(readPayload(name, { ...payload, later: 'field' })).toMatchObject(payload);
  });

  it.each(cases)('%s without an id is refused by name', (name, payload) => {
    for (const field of Object.keys(payload)) {
      const { [field]: _left, ...rest } = payload;
      const fault = new RegExp(`${name} message lacks ${field}`);
      expect(() => readPayload(name, rest)).toThrow(fault);
      expect(() => readPayload(name, { ...payload, [field]: '' })).toThrow(fault);
    }
  });

  it.each([[null], [undefined], ['text'], [[]], [5]])('refuses the payload %j', (payload) => {
    expect(() => readPayload('submit-job', payload)).toThrow('A submit-job message lacks jobId');
  });

  it('names every missing id at once', () => {
    expect(() => readPayload('cancel-prediction', {})).toThrow('lacks jobId, replicateId');
  });

  it.each(MESSAGE_NAMES)('tries %s more than once, waits between, and handles some at once', (name) => {
    const { attempts, backoffMs, concurrency } = MESSAGES[name];
    expect(attempts).toBeGreaterThan(1);
    expect(backoffMs).toBeGreaterThan(0);
    expect(concurrency).toBeGreaterThan(0);
  });

  it.each(MESSAGE_NAMES)('lets %s wait longer after each try, never longer than its longest', (name) => {
    const { backoffMs: first, longestBackoffMs } = MESSAGES[name];
    for (const attempt of [1, 2, 5, 50, 4_000]) {
      const longest = Math.min(first * 2 ** (attempt - 1), longestBackoffMs);
      const delayMs = backoffMs(name, attempt);
      expect(delayMs).toBeLessThanOrEqual(longest);
      expect(delayMs).toBeGreaterThanOrEqual(0.7 * longest - 1);
    }
  });

  it('never lets all workers together create more than 600 predictions a minute on average', () => {
    const { max, duration } = MESSAGES['submit-job'].limiter!;
    expect((max / duration) * 60_000).toBeLessThanOrEqual(600);
  });

  it('sends without delay unless told', () => {
    expect(message('check-job', { jobId: 'j1' }).delayMs).toBe(0);
    expect(message('check-job', { jobId: 'j1' }, 250).delayMs).toBe(250);
  });
});
