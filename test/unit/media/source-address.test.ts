import fc from 'fast-check';
import { checkSourceUrl, type SourcePolicy } from '../../../src/media/source-address.js';

const replicate: SourcePolicy = {
  hosts: ['replicate.delivery', '*.replicate.delivery'],
  allowPrivateSources: false,
};
const local: SourcePolicy = {
  hosts: [...replicate.hosts, '127.0.0.1:4567', 'simulator'],
  allowPrivateSources: true,
};

describe('the URL of an output', () => {
  it.each([
    'https://replicate.delivery/out.png',
    'https://pbxt.replicate.delivery/xyz/out.mp4?a=1',
    'https://REPLICATE.delivery:443/out.png',
    'https://a.b.replicate.delivery/out.png',
  ])('may be %s', (url) => {
    expect(checkSourceUrl(url, undefined, replicate).href).toBe(new URL(url).href);
  });

  it.each([
    ['http://replicate.delivery/out.png', /not HTTPS/],
    ['https://replicate.delivery:8443/out.png', /port 8443/],
    ['https://user@replicate.delivery/out.png', /user name/],
    ['https://user:pass@replicate.delivery/out.png', /user name/],
    ['https://replicate.delivery@evil.example/out.png', /user name/],
    ['https://replicate.delivery.evil.example/', /MEDIA_SOURCE_HOSTS/],
    ['https://evilreplicate.delivery/', /MEDIA_SOURCE_HOSTS/],
    ['https://replicate.delivery./', /MEDIA_SOURCE_HOSTS/],
    ['https://evil.example/?replicate.delivery', /MEDIA_SOURCE_HOSTS/],
    ['https://evil.example\\@replicate.delivery/', /MEDIA_SOURCE_HOSTS/],
    ['https://evil.example#@replicate.delivery/', /MEDIA_SOURCE_HOSTS/],
    ['https://127.0.0.1/', /MEDIA_SOURCE_HOSTS/],
    ['https://2130706433/', /MEDIA_SOURCE_HOSTS/],
    ['https://0177.0.0.1/', /MEDIA_SOURCE_HOSTS/],
    ['https://0x7f.1/', /MEDIA_SOURCE_HOSTS/],
    ['https://[::1]/', /MEDIA_SOURCE_HOSTS/],
    ['https://[::ffff:127.0.0.1]/', /MEDIA_SOURCE_HOSTS/],
    ['https://localhost/', /MEDIA_SOURCE_HOSTS/],
    ['file:///etc/passwd', /MEDIA_SOURCE_HOSTS/],
    ['data:image/png;base64,AAAA', /MEDIA_SOURCE_HOSTS/],
    ['out.png', /not a URL/],
    ['', /not a URL/],
  ])('may not be %s', (url, message) => {
    expect(() => checkSourceUrl(url, undefined, replicate)).toThrow(
      expect.objectContaining({
        code: 'output_invalid',
        retryable: false,
        message: expect.stringMatching(message),
      }),
    );
  });

  it.each([
    ['http://127.0.0.1:4567/out.png', true],
    ['http://simulator/out.png', true],
    ['http://simulator:9000/out.png', true],
    ['http://127.0.0.1:4568/out.png', false],
    ['http://localhost:4567/out.png', false],
    ['http://a.replicate.delivery/out.png', false],
    ['ftp://simulator/out.png', false],
  ])('on a local stack: is %s let through? %s', (url, allowed) => {
    const check = () => checkSourceUrl(url, undefined, local);
    if (allowed) expect(check().href).toBe(url);
    else expect(check).toThrow();
  });

  it('is plain HTTP for nobody when private sources are not allowed', () => {
    const policy = { ...local, allowPrivateSources: false };
    expect(() => checkSourceUrl('http://127.0.0.1:4567/', undefined, policy)).toThrow(/not HTTPS/);
  });

  it('is resolved against the URL that redirected to it', () => {
    const from = new URL('https://replicate.delivery/a/b');
    expect(checkSourceUrl('../c', from, replicate).href).toBe('https://replicate.delivery/c');
    expect(() => checkSourceUrl('//evil.example/c', from, replicate)).toThrow(/MEDIA_SOURCE_HOSTS/);
  });

  it('is never on another host than the listed ones, whatever is asked', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), (url) => {
        try {
          const { hostname } = checkSourceUrl(url, undefined, replicate);
          expect(hostname).toMatch(/^(.+\.)?replicate\.delivery$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'output_invalid' });
        }
      }),
    );
  });
});
