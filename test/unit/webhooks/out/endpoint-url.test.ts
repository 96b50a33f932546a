import fc from 'fast-check';
import { isPublicAddress, addressOf } from '../../../../src/egress/public-address.js';
import { endpointUrlFault } from '../../../../src/webhooks/out/endpoint-url.js';

describe('the URL of an endpoint', () => {
  it.each([
    'https://studio.example/hooks',
    'HTTPS://Studio.Example/hooks?a=1',
    'https://studio.example:8443/',
    'https://studio.example:443/',
    'https://8.8.8.8/hooks',
    'https://[2606:4700::6810:84e5]/hooks',
  ])('may be %s', (url) => {
    expect(endpointUrlFault(url, [])).toBeUndefined();
  });

  it.each([
    ['http://studio.example/', /https/],
    ['ftp://studio.example/', /https/],
    ['file:///etc/passwd', /https/],
    ['studio.example', /https/],
    ['https://', /https/],
    ['https://stu dio.example/', /https/],
    ['https://studio.example\\@evil.example/', /https/],
    ['https://user@studio.example/', /user name/],
    ['https://user:word@studio.example/', /user name/],
    ['https://studio.example/#part', /fragment/],
    ['https://studio.example:22/', /port/],
    ['https://studio.example:1023/', /port/],
    ['https://127.0.0.1/', /public/],
    ['https://0177.0.0.1/', /public/],
    ['https://2130706433/', /public/],
    ['https://169.254.169.254/latest/', /public/],
    ['https://10.0.0.1:8443/', /public/],
    ['https://[::1]/', /public/],
    ['https://[::ffff:169.254.169.254]/', /public/],
    ['https://[fd00:ec2::254]/', /public/],
  ])('may not be %s', (url, fault) => {
    expect(endpointUrlFault(url, [])).toMatch(fault);
  });

  it.each([
    ['http://127.0.0.1:4000/hooks', ['127.0.0.1:4000'], true],
    ['http://127.0.0.1:4001/hooks', ['127.0.0.1:4000'], false],
    ['http://localhost:99/', ['localhost'], true],
    ['http://user@localhost/', ['localhost'], false],
    ['ftp://localhost/', ['localhost'], false],
    ['http://169.254.169.254/', ['localhost', '127.0.0.1'], false],
  ])('%s where %j may be private: taken? %s', (url, hosts, taken) => {
    expect(endpointUrlFault(url, hosts) === undefined).toBe(taken);
  });

  it('is never one of the inside, whatever is asked', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((text) => `[${text}]`),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          address.map((host) => `https://${host}/`),
        ),
        (text) => {
          if (endpointUrlFault(text, []) !== undefined) return;
          const url = new URL(text);
          const named = addressOf(url);
          expect(url.protocol).toBe('https:');
          expect(named === undefined || isPublicAddress(named)).toBe(true);
        },
      ),
    );
  });
});
