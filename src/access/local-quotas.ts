import { LRUCache } from 'lru-cache';
import type { Quota, QuotaUse, Taking } from '../storage/quota.store.js';

const MOST_QUOTAS = 10_000;

/** Counts against limits in this process alone, of at most ten thousand quotas: those least used are forgotten. */
export class LocalQuotas {
  private readonly windows = new LRUCache<string, { used: number; endsAt: number }>({ max: MOST_QUOTAS });

  constructor(private readonly now: () => number) {}

  /** Takes `amount` from every quota, or from none when one of them has not so much left. */
  take(quotas: Quota[], amount: number): Taking {
    const windows = quotas.map((quota) => this.windowOf(quota));
    const granted = quotas.every(({ limit }, index) => windows[index]!.used + amount <= limit);
    if (granted) for (const window of windows) window.used += amount;
    return { granted, uses: windows.map((window) => this.useOf(window)) };
  }

  private windowOf({ key, windowMs }: Quota) {
    const running = this.windows.get(key);
    if (running && running.endsAt > this.now()) return running;
    const window = { used: 0, endsAt: this.now() + windowMs };
    this.windows.set(key, window);
    return window;
  }

  private useOf({ used, endsAt }: { used: number; endsAt: number }): QuotaUse {
    return { used, resetMs: endsAt - this.now() };
  }
}
