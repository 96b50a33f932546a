export type ClockMode = 'real' | 'scaled' | 'manual';

/** Something due later; cancelling it twice, or after it ran, is harmless. */
export interface Timer {
  cancel(): void;
}

interface Entry {
  at: number;
  task: () => unknown;
}

const longestTimeoutMs = 2 ** 31 - 1;

/**
 * The one source of time, in milliseconds since 1970. Real time by default; scaled runs N times as fast; manual stands
 * still until `advance`, which runs what falls due in order and waits for each task and for all tracked work.
 * What is due now runs at once in every mode. A tracked promise must not itself wait for this clock.
 */
export class Clock {
  #mode: ClockMode = 'real';
  #scale = 1;
  #anchorMs = Date.now();
  #anchorRealMs = Date.now();
  #entries: Entry[] = [];
  #timeout: NodeJS.Timeout | undefined;
  #tracked = new Set<Promise<void>>();
  #advancing: Promise<void> = Promise.resolve();
  #closed = false;

  now(): number {
    if (this.#mode === 'manual') return this.#anchorMs;
    return Math.floor(this.#anchorMs + (Date.now() - this.#anchorRealMs) * this.#scale);
  }

  state(): { mode: ClockMode; scale: number; now: string; timers: number } {
    const now = new Date(this.now()).toISOString();
    return { mode: this.#mode, scale: this.#scale, now, timers: this.#entries.length };
  }

  /** Changes the pace; time goes on from where it stands. */
  set(mode: ClockMode, scale = 1): void {
    this.#anchorMs = this.now();
    this.#anchorRealMs = Date.now();
    this.#mode = mode;
    this.#scale = mode === 'scaled' ? scale : 1;
    this.#arm();
  }

  after(delayMs: number, task: () => unknown): Timer {
    const entry = { at: this.now() + Math.max(0, delayMs), task };
    const later = this.#entries.findIndex((other) => other.at > entry.at);
    this.#entries.splice(later === -1 ? this.#entries.length : later, 0, entry);
    this.#arm();
    return {
      cancel: () => {
        const index = this.#entries.indexOf(entry);
        if (index !== -1) this.#entries.splice(index, 1);
      },
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Work that `advance` waits for before time moves on. */
  track(work: unknown): void {
    const settled = Promise.resolve(work).then(
      () => undefined,
      (error: unknown) => console.error('replicate simulator:', error),
    );
    this.#tracked.add(settled);
    void settled.then(() => this.#tracked.delete(settled));
  }

  /** Moves a manual clock; any other mode refuses. Two calls run one after the other. */
  advance(byMs: number): Promise<void> {
    if (this.#mode !== 'manual')
      throw new RangeError('Only a manual clock can be advanced: set mode "manual" first.');
    this.#advancing = this.#advancing.then(() => this.#runUntil(this.#anchorMs + byMs));
    return this.#advancing;
  }

  close(): void {
    this.#closed = true;
    this.#entries = [];
    clearTimeout(this.#timeout);
  }

  async #runUntil(targetMs: number): Promise<void> {
    for (;;) {
      const next = this.#entries[0];
      if (!next || next.at > targetMs) break;
      this.#entries.shift();
      this.#anchorMs = Math.max(this.#anchorMs, next.at);
      this.#run(next);
      await this.#settle();
    }
    this.#anchorMs = targetMs;
  }

  async #settle(): Promise<void> {
    while (this.#tracked.size > 0) await Promise.all(this.#tracked);
  }

  #run(entry: Entry): void {
    this.track(Promise.resolve().then(entry.task));
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    const next = this.#entries[0];
    if (!next || this.#closed) return;
    const waitMs = (next.at - this.now()) / this.#scale;
    if (this.#mode !== 'manual') {
      this.#timeout = setTimeout(() => this.#runDue(), Math.min(Math.ceil(waitMs), longestTimeoutMs));
    } else if (waitMs <= 0) {
      this.#timeout = setTimeout(() => this.#mode === 'manual' && void this.advance(0), 0);
    }
  }

  #runDue(): void {
    const now = this.now();
    while (this.#entries[0] && this.#entries[0].at <= now) this.#run(this.#entries.shift() as Entry);
    this.#arm();
  }
}
