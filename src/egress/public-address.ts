import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether packets to `address` go to the public Internet: not private, loopback, link-local, reserved or translated. */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also takes 0177.0.0.1 and the like, which no resolver answers with.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parse('2000::'), 3);
}

/** The IP address that a URL's host is, without the brackets of IPv6; undefined for a name. */
export function addressOf({ hostname }: Pick<URL, 'hostname'>): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/** Whether the URL is on one of the hosts: `host` for any of its ports, `host:port` for that one, no wildcards. */
export function isListedHost(hosts: readonly string[], url: URL): boolean {
  return hosts.some((listed) => [url.hostname, url.host].includes(listed.toLowerCase()));
}
