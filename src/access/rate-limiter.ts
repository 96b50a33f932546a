import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { QuotaStore, type Quota, type Taking } from '../storage/quota.store.js';
import { LocalQuotas } from './local-quotas.js';

/** For so long after a fault Redis is not asked: one that hangs holds up few requests. */
const REST_MS = 5_000;

/** Takes from quotas in Redis; while Redis is away each process keeps the same limits by itself. */
@Injectable()
export class RateLimiter {
  private readonly local = new LocalQuotas(() => performance.now());
  private restsUntil = 0;

  constructor(
    private readonly store: QuotaStore,
    private readonly logger: Logger,
  ) {}

  /** Takes `amount` from every quota, or from none. */
  async take(quotas: Quota[], amount: number): Promise<Taking> {
    if (performance.now() < this.restsUntil) return this.local.take(quotas, amount);
    try {
      return await this.store.take(quotas, amount);
    } catch (error) {
      this.restsUntil = performance.now() + REST_MS;
      this.logger.error('limit-without-redis', error);
      return this.local.take(quotas, amount);
    }
  }
}
