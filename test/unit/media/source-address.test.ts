import fc from 'fast-check';
import { checkSourceUrl, isPublicAddress, type SourcePolicy } from '../../../src/media/source-address.js';

const replicate: SourcePolicy = {
  hosts: ['replicate.delivery', '*.replicate.delivery'],
  allowPrivateSources: false,
};
const local: SourcePolicy = {
  hosts: [...replicate.hosts, '127.0.0.1:4567', 'simulator'],
  allowPrivateSources: true,
};

describe('an address that is public', () => {
  it.each(['8.8.8.8', '151.101.1.6', '2606:4700::6810:84e5', '2a04:4e42::6'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, further on', '127.255.255.254'],
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private A', '10.0.0.1'],
    ['private B', '172.16.0.1'],
    ['private B, its end', '172.31.255.255'],
    ['private C', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['link-local', '169.254.1.1'],
    ['metadata', '169.254.169.254'],
    ['metadata of containers', '169.254.170.2'],
    ['metadata of another cloud', '100.100.100.200'],
    ['protocol assignments', '192.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation 2', '198.51.100.1'],
    ['documentation 3', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['benchmarking', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv6 loopback', '::1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 unique local', 'fc00::1'],
    ['IPv6 metadata', 'fd00:ec2::254'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 link-local with its scope', 'fe80::1%eth0'],
    ['IPv6 site-local', 'fec0::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['IPv6 discard', '100::1'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped in hex', '::ffff:7f00:1'],
    ['mapped metadata', '::ffff:169.254.169.254'],
    ['compatible', '::127.0.0.1'],
    ['translated', '64:ff9b::7f00:1'],
    ['translated locally', '64:ff9b:1::7f00:1'],
    ['stateless translation', '::ffff:0:127.0.0.1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['unassigned', '4000::1'],
    ['octal', '0177.0.0.1'],
    ['decimal', '2130706433'],
    ['hex', '0x7f000001'],
    ['short', '127.1'],
    ['a name', 'localhost'],
    ['nothing', ''],
  ])('is never %s (%s)', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

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
