import type { buildConnector } from 'undici';
import { guardedConnector } from '../egress/guarded-connector.js';
import { isListedHost } from '../egress/public-address.js';
import { AppError } from '../errors.js';

/** Whom outputs may be fetched from. */
export interface SourcePolicy {
  /** Host names, `host:port`s, `*.domain` for every name below it, or `*` for every name. */
  hosts: string[];
  /** Lets the hosts listed exactly (no wildcard) be private and speak plain HTTP: for the simulator of a local stack. */
  allowPrivateSources: boolean;
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

/** Connects only to public addresses, and to the exempt hosts. */
export function sourceConnector(policy: SourcePolicy, timeoutMs: number): buildConnector.connector {
  const guard = {
    isExempt: (origin: URL) => isExempt(origin, policy),
    refused: (address: string) => refused(`is at the private address ${address}`),
  };
  return guardedConnector(guard, timeoutMs);
}

function isExempt(url: URL, policy: SourcePolicy): boolean {
  return policy.allowPrivateSources && isListedHost(policy.hosts, url);
}

function matches(pattern: string, url: URL): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return url.hostname.endsWith(pattern.slice(1).toLowerCase());
  return isListedHost([pattern], url);
}

function refused(why: string): AppError {
  return new AppError(
    'output_invalid',
    `The output's address ${why}; outputs are fetched from the provider's hosts only`,
  );
}
