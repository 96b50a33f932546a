import { spawn, type ChildProcess } from 'node:child_process';
import { builtModule } from '../../local/built-tree.js';
import type { Watchdog } from '../../local/services/watchdog.js';

const MODULES = { api: 'src/main.js', worker: 'src/worker.js', migrate: 'src/migrate.js' };
const KEPT_CHARACTERS = 1_000_000;
const STOP_TIMEOUT_MS = 30_000;

export type Role = keyof typeof MODULES;
export type Environment = Record<string, string | undefined>;

/** How a process ended: its exit code, or the signal that ended it, and all it printed. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

/** One process of the product, running the built code. */
export class AppProcess {
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;
  private printed = '';

  constructor(role: Role, env: Environment, watchdog?: Watchdog) {
    this.child = spawn(process.execPath, ['--enable-source-maps', builtModule(MODULES[role])], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (this.child.pid !== undefined) watchdog?.watch(this.child.pid, 'TERM');
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.printed = (this.printed + text).slice(-KEPT_CHARACTERS);
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal, output: this.printed }));
    });
  }

  /** What it printed so far, its newest million characters. */
  get output(): string {
    return this.printed;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it with SIGKILL, as a lost machine would. */
  async kill(): Promise<Ending> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to stop, kills it after 30 s. */
  async stop(): Promise<Ending> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }
}
