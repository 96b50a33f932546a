import fc from 'fast-check';

import { allowsAnonymousRead, parsePolicy } from '../../../local/s3/policy.js';
import { matchesWildcard } from '../../../local/s3/wildcard.js';

describe('matchesWildcard', () => {
  it.each([
    ['', '', true],
    ['*', '', true],
    ['?', '', false],
    ['a*', 'a/b/c', true],
    ['*.jpg', 'x/y.jpg', true],
    ['*.jpg', 'x/y.jpg.txt', false],
    ['image/*/original.?pg', 'image/u/1/original.jpg', true],
    ['a?c', 'ac', false],
    ['a**b', 'ab', true],
    ['a.c', 'abc', false],
  ])('%s against %s is %s', (pattern, text, matches) => {
    expect(matchesWildcard(pattern, text)).toBe(matches);
  });

  it('agrees with a regular expression', () => {
    const letters = (units: string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength: 8 });
    fc.assert(
      fc.property(letters(['a', 'b', '*', '?']), letters(['a', 'b']), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesWildcard(pattern, text)).toBe(expression.test(text));
      }),
    );
  });
});

const statement = (changes: object = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::media/public/*',
  ...changes,
});

const allows = (statements: object[], key = 'public/a.jpg') =>
  allowsAnonymousRead(parsePolicy(JSON.stringify({ Statement: statements })), 'media', key);

describe('a bucket policy', () => {
  it.each([
    ['the plain statement', true, [statement()]],
    ['everyone as AWS principal', true, [statement({ Principal: { AWS: '*' } })]],
    ['lists', true, [statement({ Action: ['s3:PutObject', 's3:Get*'], Resource: ['arn:aws:s3:::media/*'] })]],
    ['an action in any letter case', true, [statement({ Action: 'S3:getobject' })]],
    ['a principal that is somebody', false, [statement({ Principal: { AWS: 'arn:aws:iam::1:root' } })]],
    ['another action', false, [statement({ Action: 's3:PutObject' })]],
    ['another bucket', false, [statement({ Resource: 'arn:aws:s3:::other/*' })]],
    ['another prefix', false, [statement({ Resource: 'arn:aws:s3:::media/private/*' })]],
    ['a Deny beside the Allow', false, [statement(), statement({ Effect: 'Deny', Action: 's3:*' })]],
    ['a Deny alone', false, [statement({ Effect: 'Deny' })]],
  ])('with %s lets strangers read: %s', (_, expected, statements) => {
    expect(allows(statements)).toBe(expected);
  });

  it.each([
    ['not JSON', '{', 'MalformedPolicy'],
    ['a list', '[]', 'MalformedPolicy'],
    ['no statement', '{}', 'MalformedPolicy'],
    ['an unknown effect', JSON.stringify({ Statement: statement({ Effect: 'Maybe' }) }), 'MalformedPolicy'],
    ['no resource', JSON.stringify({ Statement: statement({ Resource: undefined }) }), 'MalformedPolicy'],
    ['a foreign resource', JSON.stringify({ Statement: statement({ Resource: '*' }) }), 'MalformedPolicy'],
    ['a condition', JSON.stringify({ Statement: statement({ Condition: {} }) }), 'NotImplemented'],
    ['NotPrincipal', JSON.stringify({ Statement: statement({ NotPrincipal: '*' }) }), 'NotImplemented'],
  ])('that is or has %s is refused', (_, text, code) => {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code }));
  });
});
