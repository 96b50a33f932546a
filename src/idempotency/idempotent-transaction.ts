import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../errors.js';
import { Database } from '../storage/database.js';
import type { IdempotencyKey } from './idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from './idempotency.repository.js';

/** An answer, and whether it was given before. */
export interface OnceAnswer {
  answer: StoredAnswer;
  replayed: boolean;
}

/** Says, by being thrown, that another request took the key first: what this one did is rolled back. */
class KeyTaken extends Error {}

/** Transactions that take effect once under an idempotency key. */
@Injectable()
export class IdempotentTransaction {
  constructor(
    private readonly database: Database,
    private readonly keys: IdempotencyRepository,
  ) {}

  /** Runs `work` and keeps its answer with the key, both in one transaction; a repetition gets the first answer. */
  async once(
    key: IdempotencyKey | undefined,
    work: (manager: EntityManager) => Promise<StoredAnswer>,
  ): Promise<OnceAnswer> {
    if (!key) return { answer: await this.database.transaction(work), replayed: false };
    const given = await this.keys.find(key);
    if (given) return { answer: given, replayed: true };
    const answer = await this.database
      .transaction((manager) => this.workAndClaim(key, work, manager))
      .catch((error: unknown) => {
        if (error instanceof KeyTaken) return undefined;
        throw error;
      });
    return answer ? { answer, replayed: false } : { answer: await this.firstAnswer(key), replayed: true };
  }

  private async workAndClaim(
    key: IdempotencyKey,
    work: (manager: EntityManager) => Promise<StoredAnswer>,
    manager: EntityManager,
  ): Promise<StoredAnswer> {
    const answer = await work(manager);
    if (!(await this.keys.claimWithin(manager, { key, answer, busySeconds: 0 }))) throw new KeyTaken();
    return answer;
  }

  private async firstAnswer(key: IdempotencyKey): Promise<StoredAnswer> {
    const given = await this.keys.find(key);
    if (given) return given;
    throw new AppError('conflict', 'The Idempotency-Key expired just now: send the request again');
  }
}
