import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../errors.js';
import { Database } from '../storage/database.js';
import { AnswerSeal } from './answer-seal.js';
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

  /**
   * Runs `work` and keeps its answer with the key, both in one transaction; a repetition gets the first answer, except
   * within `busySeconds`, when it is told to come back. What `work` throws is stored nowhere.
   */
  async once(
    key: IdempotencyKey | undefined,
    work: (manager: EntityManager) => Promise<StoredAnswer>,
    busySeconds = 0,
  ): Promise<OnceAnswer> {
    if (!key) return { answer: await this.database.transaction(work), replayed: false };
    const given = await this.keys.find(key);
    if (given) return { answer: given, replayed: true };
    const claimed = async (manager: EntityManager): Promise<StoredAnswer> => {
      const answer = await work(manager);
      if (await this.keys.claimWithin(manager, { key, answer, busySeconds })) return answer;
      throw new KeyTaken();
    };
    const answer = await this.database.transaction(claimed).catch((error: unknown) => {
      if (error instanceof KeyTaken) return undefined;
      return this.answerInstead(key, error);
    });
    return answer ? { answer, replayed: false } : { answer: await this.firstAnswer(key), replayed: true };
  }

  /** The same for an answer whose body holds a secret: it is kept sealed. */
  async onceSealed(
    key: IdempotencyKey | undefined,
    work: (manager: EntityManager) => Promise<StoredAnswer>,
  ): Promise<OnceAnswer> {
    if (!key) return this.once(key, work);
    const seal = new AnswerSeal(key);
    const { answer, replayed } = await this.once(seal.kept, async (manager) => {
      const open = await work(manager);
      return { ...open, body: seal.close(open.body) };
    });
    return { answer: { ...answer, body: seal.open(answer.body) }, replayed };
  }

  /** What the first request did may be the very thing that this one failed on. */
  private async answerInstead(key: IdempotencyKey, error: unknown): Promise<undefined> {
    const settled = error instanceof AppError && !error.retryable;
    if (!settled || !(await this.keys.find(key))) throw error;
  }

  private async firstAnswer(key: IdempotencyKey): Promise<StoredAnswer> {
    const given = await this.keys.find(key);
    if (given) return given;
    throw new AppError('conflict', 'The Idempotency-Key expired just now: send the request again');
  }
}
