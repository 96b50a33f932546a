import fc from 'fast-check';

import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  parseScope,
  parseTimestamp,
  sameText,
  sha256Hex,
  sign,
  signingKey,
  stringToSign,
} from '../../../local/s3/signature.js';

/** The examples of the S3 API Reference, "Authenticating requests: using the Authorization header" and "… query parameters". */
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const SCOPE = { day: '20130524', region: 'us-east-1' };
const TIMESTAMP = '20130524T000000Z';
const HOST: [string, string] = ['host', 'examplebucket.s3.amazonaws.com'];
const EMPTY_HASH = sha256Hex('');

const examples = [
  {
    title: 'a GET with a range',
    method: 'GET',
    rawPath: '/test.txt',
    queryPairs: [],
    headers: [HOST, ['range', 'bytes=0-9'], ['x-amz-content-sha256', EMPTY_HASH], ['x-amz-date', TIMESTAMP]],
    payloadHash: EMPTY_HASH,
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    title: 'a PUT of a key that needs escaping',
    method: 'PUT',
    rawPath: '/test$file.text',
    queryPairs: [],
    headers: [
      ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
      HOST,
      ['x-amz-content-sha256', '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'],
      ['x-amz-date', TIMESTAMP],
      ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
    ],
    payloadHash: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    title: 'a sub-resource without a value',
    method: 'GET',
    rawPath: '/',
    queryPairs: [['lifecycle', '']],
    headers: [HOST, ['x-amz-content-sha256', EMPTY_HASH], ['x-amz-date', TIMESTAMP]],
    payloadHash: EMPTY_HASH,
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    title: 'a listing with parameters in any order',
    method: 'GET',
    rawPath: '/',
    queryPairs: [
      ['prefix', 'J'],
      ['max-keys', '2'],
    ],
    headers: [HOST, ['x-amz-content-sha256', EMPTY_HASH], ['x-amz-date', TIMESTAMP]],
    payloadHash: EMPTY_HASH,
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    title: 'a presigned GET',
    method: 'GET',
    rawPath: '/test.txt',
    queryPairs: [
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
      ['X-Amz-Date', TIMESTAMP],
      ['X-Amz-Expires', '86400'],
      ['X-Amz-SignedHeaders', 'host'],
      ['X-Amz-Signature', 'not part of itself'],
    ],
    headers: [HOST],
    payloadHash: 'UNSIGNED-PAYLOAD',
    signature: 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  },
] as const;

describe('the signature of a request', () => {
  it.each(examples)("is AWS's own for $title", ({ signature, headers, ...parts }) => {
    const canonical = canonicalRequest({
      ...parts,
      headers: new Map(headers),
      signedHeaders: headers.map(([name]) => name),
    });
    expect(sign(signingKey(SECRET, SCOPE), stringToSign(TIMESTAMP, SCOPE, canonical))).toBe(signature);
  });

  it('does not depend on how header values are spaced or signed headers are ordered', () => {
    const parts = { method: 'GET', rawPath: '/', queryPairs: [], payloadHash: EMPTY_HASH };
    const tidy = canonicalRequest({
      ...parts,
      headers: new Map([HOST, ['x-amz-meta-a', 'b c']]),
      signedHeaders: ['host', 'x-amz-meta-a'],
    });
    const untidy = canonicalRequest({
      ...parts,
      headers: new Map([HOST, ['x-amz-meta-a', '  b   c ']]),
      signedHeaders: ['x-amz-meta-a', 'host'],
    });
    expect(untidy).toBe(tidy);
  });
});

describe('canonicalPath', () => {
  it.each([
    ['/', '/'],
    ['/media/a b', '/media/a%20b'],
    ['/media/a+b', '/media/a%2Bb'],
    ['/media/a%2Bb', '/media/a%2Bb'],
    ["/media/!'()*", '/media/%21%27%28%29%2A'],
    ['/media//x/../y', '/media//x/../y'],
    ['/media/%e6%97%a5', '/media/%E6%97%A5'],
    ['/media/%7Etilde', '/media/~tilde'],
  ])('writes %s as %s', (raw, canonical) => {
    expect(canonicalPath(raw)).toBe(canonical);
  });

  it('is the same for a path that is canonical already', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (segments) => {
        const once = canonicalPath(`/${segments.map(encodeURIComponent).join('/')}`);
        expect(canonicalPath(once)).toBe(once);
      }),
    );
  });

  it.each(['/media/%', '/media/%zz', '/media/%ff'])('refuses %s', (raw) => {
    expect(() => canonicalPath(raw)).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
  });
});

describe('canonicalQuery', () => {
  it('sorts by encoded name, then value, and leaves the signature out', () => {
    const pairs: [string, string][] = [
      ['b', '2'],
      ['a', 'z'],
      ['X-Amz-Signature', 'x'],
      ['a', 'y z'],
      ['B', ''],
    ];
    expect(canonicalQuery(pairs)).toBe('B=&a=y%20z&a=z&b=2');
  });
});

describe('the parts of a credential', () => {
  it.each([
    ['20130524/us-east-1/s3/aws4_request', SCOPE],
    ['20130524/us-east-1/s3', undefined],
    ['2013/us-east-1/s3/aws4_request', undefined],
    ['20130524/us-east-1/dynamodb/aws4_request', undefined],
    ['20130524/us-east-1/s3/aws4_request/more', undefined],
  ])('of the scope %s are %j', (text, scope) => {
    expect(parseScope(text.split('/'))).toEqual(scope);
  });

  it.each([
    ['20130524T000000Z', '2013-05-24T00:00:00.000Z'],
    ['20131324T000000Z', undefined],
    ['2013-05-24T00:00:00Z', undefined],
    ['', undefined],
  ])('of the time %s are %s', (text, iso) => {
    expect(parseTimestamp(text)?.toISOString()).toBe(iso);
  });
});

describe('sameText', () => {
  it('agrees with plain comparison', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 4 });
    fc.assert(fc.property(text, text, (a, b) => sameText(a, b) === (a === b)));
  });
});
