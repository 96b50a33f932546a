import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { VersionWatcher } from '../schedule/version-watcher.js';
import { isOver, type Compilation } from './compilation.js';
import { CompilationsRepository } from './compilations.repository.js';

const HEARTBEAT_MS = 15_000;

/** Follows a compilation: step by step, or until it has ended. */
@Injectable()
export class CompilationEvents extends VersionWatcher {
  constructor(
    private readonly compilations: CompilationsRepository,
    logger: Logger,
  ) {
    super((error) => logger.error('watch-compilations', error));
  }

  /** The compilation once it has ended, or as it stands after `timeoutMs`. */
  async endOf(compilationId: string, timeoutMs: number): Promise<Compilation | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await this.compilations.find(compilationId);
      const leftMs = deadline - Date.now();
      if (!found || isOver(found.state) || leftMs <= 0 || this.isStopped) return found;
      await this.change(compilationId, found.version, leftMs);
    }
  }

  /**
   * Yields the compilation as it stands (unless the client knows that version) and whenever it has changed, until it has
   * ended, the abort of `signal`, or the end of the process. Yields undefined when nothing happened for 15 s.
   */
  async *follow(
    first: Compilation,
    lastVersion: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Compilation | undefined> {
    let sent = lastVersion !== undefined && lastVersion <= first.version ? lastVersion : 0;
    let now: Compilation | undefined = first;
    while (now && !signal.aborted) {
      if (now.version > sent) yield now;
      else if (now !== first) yield undefined;
      sent = now.version;
      if (isOver(now.state) || this.isStopped) return;
      await this.change(now.compilationId, sent, HEARTBEAT_MS, signal);
      now = await this.compilations.find(first.compilationId);
    }
  }

  protected override async versions(ids: string[]): Promise<Map<string, number>> {
    const rows = await this.compilations.versions(ids);
    return new Map(rows.map(({ compilationId, version }) => [compilationId, version]));
  }
}
