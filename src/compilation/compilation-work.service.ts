import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../errors.js';
import { Logger } from '../logging/logger.js';
import { storableText } from '../models/prediction.js';
import type { Delivery } from '../queue/message-consumer.js';
import { isOver, type Compilation, type CompilationError } from './compilation.js';
import { CompilationsRepository } from './compilations.repository.js';
import { Compiler, type CompiledFilm } from './compiler.js';

const HEARTBEAT_MS = 1_000;
const MOST_ATTEMPTS = 10;

/** Works on compilations: one attempt a message, held by a lease that it renews each second. */
@Injectable()
export class CompilationWork {
  constructor(
    private readonly compilations: CompilationsRepository,
    private readonly compiler: Compiler,
    private readonly logger: Logger,
  ) {}

  /** Makes the film and completes; a fault that trying again may mend is thrown, any other fails the compilation. */
  async compile(compilationId: string, delivery: Delivery): Promise<void> {
    const runId = uuidv7();
    const claimed = await this.compilations.claim(compilationId, runId);
    if (!claimed) return this.passOver(compilationId);
    try {
      const film = await this.whileHeld(claimed, runId, delivery.signal);
      const completed = await this.compilations.complete(compilationId, runId, film);
      if (!completed) return await this.passOver(compilationId);
      this.log(completed);
    } catch (error) {
      if (error instanceof LostCompilation) return this.passOver(compilationId);
      if (delivery.signal.aborted || !isFinalFault(error, claimed, delivery)) {
        await this.compilations.release(compilationId, runId);
        throw error;
      }
      const failed = await this.compilations.fail(compilationId, runId, asCompilationError(error));
      if (failed) await this.removeFilm(failed);
      this.log(failed, error);
    }
  }

  /** What another worker holds is looked at again later, should that worker die; what was canceled is tidied up. */
  private async passOver(compilationId: string): Promise<void> {
    const found = await this.compilations.find(compilationId);
    if (found?.state === 'canceled') await this.removeFilm(found);
    if (!found || isOver(found.state)) return;
    throw new AppError('conflict', 'Another worker holds the compilation', { retryable: true });
  }

  /** The end is told already; a bucket that is away now keeps what is left of the film. */
  private async removeFilm(ended: Compilation): Promise<void> {
    await this.compiler.remove(ended).catch((error: unknown) => {
      this.logger.error('remove-film', error, { compilationId: ended.compilationId });
    });
  }

  private async whileHeld(claimed: Compilation, runId: string, signal: AbortSignal): Promise<CompiledFilm> {
    const { compilationId, attempt } = claimed;
    const lost = new AbortController();
    let percent = 0;
    const heartbeat = setInterval(() => {
      void this.compilations.keep(compilationId, runId, percent).then(
        (kept) => kept || lost.abort(new LostCompilation()),
        (error: unknown) => this.logger.error('renew-lease', error, { compilationId }),
      );
    }, HEARTBEAT_MS);
    try {
      const order = { ...claimed, facts: factsOf(claimed) };
      this.logger.info('compilation-started', { compilationId, attempt, strategy: claimed.plan.strategy });
      return await this.compiler.compile(
        order,
        AbortSignal.any([signal, lost.signal]),
        (now) => (percent = now),
      );
    } finally {
      clearInterval(heartbeat);
    }
  }

  private log(ended: Compilation | undefined, error?: unknown): void {
    if (!ended) return;
    const { compilationId, scriptId, userId, state, attempt, createdAt, updatedAt, plan } = ended;
    const durationMs = updatedAt.getTime() - createdAt.getTime();
    const fields = { compilationId, scriptId, userId, state, attempt, durationMs, strategy: plan.strategy };
    if (error === undefined) this.logger.info('compilation-ended', fields);
    else this.logger.error('compilation-ended', error, fields);
  }
}

/** Somebody canceled the compilation, or another worker has taken it. */
class LostCompilation extends Error {}

function factsOf({ compilationId, scriptId, userId, createdAt }: Compilation): Record<string, unknown> {
  return { compilationId, scriptId, userId, createdAt: createdAt.toISOString() };
}

function isFinalFault(error: unknown, { attempt }: Compilation, { lastAttempt }: Delivery): boolean {
  if (lastAttempt || attempt >= MOST_ATTEMPTS) return true;
  return error instanceof AppError && !error.retryable;
}

function asCompilationError(error: unknown): CompilationError {
  const detail = storableText(String(error instanceof Error ? (error.cause ?? error) : error));
  return error instanceof AppError
    ? { code: error.code, message: error.message, detail }
    : { code: 'internal_error', message: 'The film could not be made', detail };
}
