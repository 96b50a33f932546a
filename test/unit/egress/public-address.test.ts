import { addressOf, isListedHost, isPublicAddress } from '../../../src/egress/public-address.js';

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

describe('the address that a URL names', () => {
  it.each([
    ['https://8.8.8.8/', '8.8.8.8'],
    ['https://2130706433/', '127.0.0.1'],
    ['https://[::1]:8443/', '::1'],
    ['https://studio.example/', undefined],
  ])('%s is %s', (url, address) => {
    expect(addressOf(new URL(url))).toBe(address);
  });
});

describe('a listed host', () => {
  it.each([
    ['http://simulator/a', ['simulator'], true],
    ['http://simulator:9000/', ['simulator'], true],
    ['http://simulator:9000/', ['Simulator:9000'], true],
    ['http://simulator:9001/', ['simulator:9000'], false],
    ['http://simulator.example/', ['simulator', '*.example', '*'], false],
  ])('%s of %j: %s', (url, hosts, listed) => {
    expect(isListedHost(hosts, new URL(url))).toBe(listed);
  });
});
