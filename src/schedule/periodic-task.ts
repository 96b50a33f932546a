/**
 * Runs `work` again and again, `intervalMs` after the last run ended, never twice at once. A run that returns true has
 * more to do and is followed at once. A run that throws is reported and the next waits ten intervals, but 1 s at least, and no
 * longer than 5 s or the interval.
 */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly intervalMs: number,
    private readonly report: (error: unknown) => void,
  ) {}

  start(): void {
    this.schedule(0);
  }

  /** Resolves when the run under way, if any, has ended; none follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.run();
    }, delayMs);
  }

  private async run(): Promise<void> {
    try {
      const hasMore = await this.work();
      this.schedule(hasMore ? 0 : this.intervalMs);
    } catch (error) {
      this.report(error);
      this.schedule(pauseMs(this.intervalMs));
    }
  }
}

function pauseMs(intervalMs: number): number {
  return Math.max(1_000, Math.min(10 * intervalMs, 5_000), intervalMs);
}
