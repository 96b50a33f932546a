import fc from 'fast-check';
import { AnswerSeal } from '../../../src/idempotency/answer-seal.js';

const keyOf = (key: string, scope = 'nobody api-keys') => ({ scope, key, fingerprint: 'f' });

describe('a sealed answer', () => {
  it('is opened by the same key, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1 }), (text, key) => {
        expect(new AnswerSeal(keyOf(key)).open(new AnswerSeal(keyOf(key)).close(text))).toBe(text);
      }),
    );
  });

  it('shows neither what it says nor its key', () => {
    const seal = new AnswerSeal(keyOf('client-key'));
    expect(seal.close('a secret')).not.toContain('secret');
    expect(seal.kept).toMatchObject({ scope: 'nobody api-keys', fingerprint: 'f' });
    expect(seal.kept.key).not.toContain('client-key');
  });

  it.each([
    ['another key', keyOf('other')],
    ['the same key elsewhere', keyOf('client-key', 'nobody webhook-endpoints')],
  ])('is not opened by %s', (_what, other) => {
    const sealed = new AnswerSeal(keyOf('client-key')).close('a secret');
    expect(() => new AnswerSeal(other).open(sealed)).toThrow();
  });

  it('is not opened once it was changed', () => {
    const seal = new AnswerSeal(keyOf('client-key'));
    const bytes = Buffer.from(seal.close('a secret'), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(() => seal.open(bytes.toString('base64'))).toThrow();
  });
});
