import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { AppError } from '../errors.js';
import { RateLimiter } from './rate-limiter.js';

const MOST_FAILURES = 100;
const WINDOW_MS = 600_000;
const MOST_ADDRESSES = 10_000;

/** Holds off addresses that send wrong keys again and again; a key that is known to be right is never asked about. */
@Injectable()
export class FailedAttempts {
  /** Until when (ms) each address is held off; other processes learn of it by its next failure. */
  private readonly heldOff = new LRUCache<string, number>({ max: MOST_ADDRESSES });

  constructor(private readonly limiter: RateLimiter) {}

  /** Throws `rate_limited` for an address that is held off. */
  refuseHeldOff(address: string): void {
    const leftMs = (this.heldOff.get(networkOf(address)) ?? 0) - Date.now();
    if (leftMs > 0) throw tooMany(leftMs);
  }

  /** Counts a wrong key; throws `rate_limited` when the address has sent too many. */
  async count(address: string): Promise<void> {
    const network = networkOf(address);
    const quota = { key: `ratelimit:ip:${network}:failed`, limit: MOST_FAILURES, windowMs: WINDOW_MS };
    const { granted, uses } = await this.limiter.take([quota], 1);
    if (granted) return;
    const { resetMs } = uses[0]!;
    this.heldOff.set(network, Date.now() + resetMs);
    throw tooMany(resetMs);
  }
}

/** The address, or the /64 that an IPv6 one stands in: whoever has one has them all. */
function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::`;
}

function tooMany(leftMs: number): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / 1_000));
  return new AppError('rate_limited', 'Too many wrong keys came from your address: send a valid one later', {
    retryAfterSeconds,
  });
}
