import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Big } from 'big.js';
import { Logger } from '../logging/logger.js';
import type { Saving } from './saving.js';
import { UsageRepository, type CountedSaving } from './usage.repository.js';

/**
 * Counts money that was not spent, beside the requests that did not spend it: what comes while a count is being written is
 * written with the next, and a count that cannot be written is lost.
 */
@Injectable()
export class Savings implements BeforeApplicationShutdown {
  private counts = new Map<string, CountedSaving>();
  private writing: Promise<void> | undefined;

  constructor(
    private readonly usage: UsageRepository,
    private readonly logger: Logger,
  ) {}

  /** Counts a request that saved something; nothing for undefined. */
  note(saving: Saving | undefined): void {
    if (saving === undefined || new Big(saving.amount).eq(0)) return;
    const key = JSON.stringify([saving.owner, saving.userId, saving.reason]);
    const { requests, amount } = this.counts.get(key) ?? { requests: 0, amount: '0' };
    const sum = new Big(amount).plus(saving.amount).toFixed();
    this.counts.set(key, { ...saving, requests: requests + 1, amount: sum });
    this.writing ??= this.write();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    while (this.counts.size > 0) {
      const counts = [...this.counts.values()];
      this.counts = new Map();
      await this.usage
        .addSavings(counts)
        .catch((error: unknown) => this.logger.error('count-savings', error));
    }
    this.writing = undefined;
  }
}
