import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';
import { AppError } from '../errors.js';

/** Whom outputs may be fetched from. */
export interface SourcePolicy {
  /** Host names, `host:port`s, `*.domain` for every name below it, or `*` for every name. */
  hosts: string[];
  /** Lets the hosts listed exactly (no wildcard) be private and speak plain HTTP: for the simulator of a local stack. */
  allowPrivateSources: boolean;
}

/** Whether packets to `address` go to the public Internet: not private, loopback, link-local, reserved or translated. */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also takes 0177.0.0.1 and the like, which no resolver answers with.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parse('2000::'), 3);
}

/** Parses and checks the URL of an output or of a redirect; AppError `output_invalid` says what is wrong with it. */
export function checkSourceUrl(text: string, base: URL | undefined, policy: SourcePolicy): URL {
  if (!URL.canParse(text, base?.href)) throw refused('is not a URL');
  const url = new URL(text, base?.href);
  if (url.username || url.password) throw refused('carries a user name or password');
  if (!policy.hosts.some((pattern) => matches(pattern, url))) {
    throw refused(`is on the host ${url.host}, which MEDIA_SOURCE_HOSTS does not list`);
  }
  if (isExempt(url, policy)) {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('is not HTTP');
    return url;
  }
  if (url.protocol !== 'https:') throw refused('is not HTTPS');
  if (url.port !== '') throw refused(`names the port ${url.port}`);
  return url;
}

/**
 * Connects only to public addresses, the exempt hosts apart. A name is judged by what it resolves to for this very
 * connection, so an answer that changes between check and use gains nothing; undici asks no lookup for an IP literal.
 */
export function guardedConnector(policy: SourcePolicy, timeoutMs: number): buildConnector.connector {
  const open = buildConnector({ timeout: timeoutMs });
  const guarded = buildConnector({ timeout: timeoutMs, lookup: publicLookup });
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    if (isExempt(new URL(`${target.protocol}//${target.host ?? target.hostname}`), policy)) {
      open(target, callback);
    } else if (isIP(host) !== 0 && !isPublicAddress(host)) {
      callback(refused(`is at the private address ${host}`), null);
    } else {
      guarded(target, callback);
    }
  };
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    if (hidden) return callback(refused(`is at the private address ${hidden.address}`), '');
    const [first] = addresses;
    if (options.all || !first) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function isExempt(url: URL, policy: SourcePolicy): boolean {
  return policy.allowPrivateSources && policy.hosts.some((pattern) => isExact(pattern, url));
}

function matches(pattern: string, url: URL): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return url.hostname.endsWith(pattern.slice(1).toLowerCase());
  return isExact(pattern, url);
}

function isExact(pattern: string, url: URL): boolean {
  const host = pattern.toLowerCase();
  return host === url.hostname || host === url.host;
}

function refused(why: string): AppError {
  return new AppError(
    'output_invalid',
    `The output's address ${why}; outputs are fetched from the provider's hosts only`,
  );
}
