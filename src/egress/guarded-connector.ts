import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { addressOf, isPublicAddress } from './public-address.js';

/** Whom a client may connect to besides public addresses, and what it throws otherwise. */
export interface ConnectionGuard {
  /** Whether this origin may be private: one that the operator listed. */
  isExempt: (origin: URL) => boolean;
  /** Makes the error of a connection that would have gone to the private `address`. */
  refused: (address: string) => Error;
}

/**
 * Connects only to public addresses, the exempt hosts apart. A name is judged by what it resolves to for this very
 * connection, so an answer that changes between check and use gains nothing; undici asks no lookup for an IP literal.
 */
export function guardedConnector(guard: ConnectionGuard, timeoutMs: number): buildConnector.connector {
  const open = buildConnector({ timeout: timeoutMs });
  const guarded = buildConnector({ timeout: timeoutMs, lookup: publicLookup(guard) });
  return (target, callback) => {
    const address = addressOf(target);
    if (guard.isExempt(new URL(`${target.protocol}//${target.host ?? target.hostname}`))) {
      open(target, callback);
    } else if (address !== undefined && !isPublicAddress(address)) {
      callback(guard.refused(address), null);
    } else {
      guarded(target, callback);
    }
  };
}

function publicLookup({ refused }: ConnectionGuard): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const hidden = addresses.find(({ address }) => !isPublicAddress(address));
      if (hidden) return callback(refused(hidden.address), '');
      const [first] = addresses;
      if (options.all || !first) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
