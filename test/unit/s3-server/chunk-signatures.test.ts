import type { ChunkSigning } from '../../../local/s3/authentication.js';
import { ChunkParser } from '../../../local/s3/chunk-parser.js';
import { ChunkSignatures } from '../../../local/s3/chunk-signatures.js';
import { signingKey } from '../../../local/s3/signature.js';

/** The example of the S3 API Reference, "Signature calculations: transferring payload in multiple chunks". */
const scope = { day: '20130524', region: 'us-east-1' };
const signing: ChunkSigning = {
  key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope),
  scope,
  timestamp: '20130524T000000Z',
  seedSignature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
};
const first = 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648';
const second = '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497';
const last = 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9';

function verify(body: string): void {
  const parser = new ChunkParser();
  const signatures = new ChunkSignatures(signing);
  for (const event of parser.push(Buffer.from(body))) signatures.take(event);
  parser.end();
  signatures.end();
}

const chunk = (data: string, signature: string) =>
  `${data.length.toString(16)};chunk-signature=${signature}\r\n${data}\r\n`;

describe('ChunkSignatures', () => {
  const whole = 'a'.repeat(65_536);
  const rest = 'a'.repeat(1024);

  it("accepts AWS's own example", () => {
    expect(() => verify(chunk(whole, first) + chunk(rest, second) + chunk('', last))).not.toThrow();
  });

  it.each([
    ['another payload', chunk('b'.repeat(65_536), first) + chunk(rest, second) + chunk('', last)],
    ['chunks in another order', chunk(rest, second) + chunk(whole, first) + chunk('', last)],
    ['a missing chunk', chunk(whole, first) + chunk('', last)],
    ['no signature', `400\r\n${rest}\r\n0\r\n\r\n`],
  ])('refuses %s', (_, body) => {
    expect(() => verify(body)).toThrow(expect.objectContaining({ code: 'SignatureDoesNotMatch' }));
  });

  it('refuses trailers that nobody signed', () => {
    const trailer = '0;chunk-signature=' + last + '\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    expect(() => verify(chunk(whole, first) + chunk(rest, second) + trailer)).toThrow(
      expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
    );
  });
});
