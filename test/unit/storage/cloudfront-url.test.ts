import { generateKeyPairSync, verify } from 'node:crypto';
import { MediaAddresses } from '../../../src/storage/media-addresses.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const addresses = new MediaAddresses({
  bucket: 'media-bucket',
  region: 'us-east-1',
  urls: 'signed',
  publicBaseUrl: 'https://cdn.example/',
  cloudFront: {
    keyPairId: 'K2JCJMDEHXQW5F',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
});

/** CloudFront's base64 for query strings, read back. */
const decoded = (text: string) =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

/** Whether CloudFront would serve the URL: the signature is of its canned policy. */
function isServed(signed: string): boolean {
  const url = new URL(signed);
  const { Expires, Signature, ['Key-Pair-Id']: id } = Object.fromEntries(url.searchParams);
  const Resource = signed.slice(0, signed.indexOf('?'));
  const Condition = { DateLessThan: { 'AWS:EpochTime': Number(Expires) } };
  const policy = JSON.stringify({ Statement: [{ Resource, Condition }] });
  return id === 'K2JCJMDEHXQW5F' && verify('RSA-SHA1', Buffer.from(policy), publicKey, decoded(Signature!));
}

describe('a media URL signed for CloudFront', () => {
  it('is of the distribution, for an hour, and its signature is right', async () => {
    const beforeSeconds = Math.floor(Date.now() / 1_000);
    const signed = await addresses.url('image/user/a b.png');
    expect(signed).toMatch(/^https:\/\/cdn\.example\/image\/user\/a%20b\.png\?/);
    const expires = Number(new URL(signed).searchParams.get('Expires'));
    expect(expires - beforeSeconds).toBeGreaterThanOrEqual(3_600);
    expect(expires - beforeSeconds).toBeLessThan(3_660);
    expect(isServed(signed)).toBe(true);
  });

  it('opens no other object', async () => {
    const signed = await addresses.url('image/user/a.png');
    expect(isServed(signed.replace('a.png', 'b.png'))).toBe(false);
  });

  it('is made anew from a public one of ours', async () => {
    expect(isServed(await addresses.signedUrl('https://cdn.example/image/user/a.png'))).toBe(true);
    expect(await addresses.signedUrl('https://elsewhere.example/a.png')).toBe(
      'https://elsewhere.example/a.png',
    );
  });
});
