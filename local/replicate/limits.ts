import type { Clock } from './clock.js';
import { throttled, throttledByLowCredit } from './errors.js';
import type { Settings } from './options.js';

const lowCreditPerMinute = 6;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets, one per API token and kind of call, filled by the clock. Limits: Replicate's rate-limit page, 2026. */
export class Limits {
  #buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly settings: () => Settings,
  ) {}

  /** Throws the 429 that Replicate answers. */
  takeCreate(token: string): void {
    const { credit, createsPerMinute } = this.settings();
    if (credit === 'low') {
      const waitSeconds = this.#take(`low ${token}`, lowCreditPerMinute, 1);
      if (waitSeconds > 0) throw throttledByLowCredit(waitSeconds);
    } else if (createsPerMinute !== null) {
      const waitSeconds = this.#take(`create ${token}`, createsPerMinute, createsPerMinute);
      if (waitSeconds > 0) throw throttled(waitSeconds);
    }
  }

  takeOther(token: string): void {
    const { othersPerMinute } = this.settings();
    if (othersPerMinute === null) return;
    const waitSeconds = this.#take(`other ${token}`, othersPerMinute, othersPerMinute);
    if (waitSeconds > 0) throw throttled(waitSeconds);
  }

  clear(): void {
    this.#buckets.clear();
  }

  /** Seconds to wait, 0 when there was a token. */
  #take(name: string, perMinute: number, burst: number): number {
    const now = this.clock.now();
    const bucket = this.#buckets.get(name) ?? { tokens: burst, filledAt: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * perMinute) / 60_000);
    const granted = tokens >= 1;
    this.#buckets.set(name, { tokens: granted ? tokens - 1 : tokens, filledAt: now });
    return granted ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / perMinute));
  }
}
