import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { sees, type Caller } from '../access/caller.js';
import { AppError } from '../errors.js';
import type { IdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { CompilationBodies } from './compilation-body.js';
import { isOver, type Compilation } from './compilation.js';
import { CompilationsRepository } from './compilations.repository.js';
import type { FilmOrder } from './film-order.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How much longer than its client's wait a request may take. */
const BUSY_MARGIN_SECONDS = 5;

/** The 202 of a compilation accepted just now, or the answer given earlier under the same key. */
export interface AcceptedCompilation {
  answer: StoredAnswer;
  /** Absent when the answer is a replay. */
  compilationId?: string;
}

/** Accepts, finds and cancels compilations. */
@Injectable()
export class CompilationsService {
  constructor(
    private readonly compilations: CompilationsRepository,
    private readonly keys: IdempotencyRepository,
    private readonly bodies: CompilationBodies,
  ) {}

  /** Stores the compilation with the message that starts it; a repeated order gets the first answer and makes nothing. */
  async accept(
    order: FilmOrder,
    key: IdempotencyKey | undefined,
    waitSeconds: number,
  ): Promise<AcceptedCompilation> {
    const compilation = { ...order, compilationId: uuidv7() };
    const { compilationId } = compilation;
    const answer = await this.acceptedAnswer(compilation);
    if (!key) {
      await this.compilations.accept(compilation);
      return { compilationId, answer };
    }
    const busySeconds = waitSeconds === 0 ? 0 : waitSeconds + BUSY_MARGIN_SECONDS;
    if (await this.compilations.acceptOnce(compilation, { key, answer, busySeconds }))
      return { compilationId, answer };
    const given = await this.keys.find(key);
    if (given) return { answer: given };
    throw new AppError('conflict', 'The Idempotency-Key expired just now: send the request again');
  }

  /** Throws `not_found`. */
  async find(caller: Caller, compilationId: string): Promise<Compilation> {
    const found = await this.compilations.find(readCompilationId(compilationId));
    if (found && sees(caller, found.owner)) return found;
    throw new AppError('not_found', `There is no compilation ${compilationId}`);
  }

  /** Ends the compilation; throws `not_found` or `conflict` (it is over). The worker takes away what it made. */
  async cancel(caller: Caller, compilationId: string): Promise<Compilation> {
    const found = await this.find(caller, compilationId);
    const canceled = await this.compilations.cancel(found.compilationId);
    if (canceled) return canceled;
    if (!isOver(found.state)) return this.cancel(caller, compilationId);
    throw new AppError('conflict', `The compilation is already ${found.state} and cannot be canceled`);
  }

  private async acceptedAnswer(compilation: FilmOrder & { compilationId: string }): Promise<StoredAnswer> {
    const now = new Date();
    const body = await this.bodies.of({
      ...compilation,
      ...{ state: 'pending', version: 1, percent: 0, attempt: 0, film: null, error: null },
      ...{ createdAt: now, updatedAt: now, startedAt: null, completedAt: null },
    });
    const location = `/api/compilations/${compilation.compilationId}`;
    return { status: 202, location, body: JSON.stringify(body) };
  }
}

function readCompilationId(text: string): string {
  if (!UUID.test(text)) throw new AppError('not_found', 'There is no such compilation: its id is a UUID');
  return text.toLowerCase();
}
