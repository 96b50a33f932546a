import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtModule } from '../../local/built-tree.js';
import type { Environment } from '../../local/environment.js';
import { logTail, withLogFile } from '../../local/services/service-log.js';
import { serviceProcess, type ServiceProcess } from '../../local/services/service-process.js';
import type { Watchdog } from '../../local/services/watchdog.js';

/** What a process has used since it began. */
export interface Usage {
  /** User and system time of all its threads. */
  cpuMicroseconds: number;
  residentBytes: number;
}

const ANSWER_TIMEOUT_MS = 120_000;
const DRAIN_TIMEOUT_MS = 20_000;

/** A Node process that the bench measures; ours and the comparators run under the same flags. */
export class MeasuredProcess {
  private readonly child: ChildProcess;
  private readonly service: ServiceProcess;

  private constructor(
    private readonly name: string,
    module: string,
    env: Environment,
    private readonly logFile: string,
    watchdog: Watchdog,
  ) {
    const reporter = pathToFileURL(builtModule('test/bench/usage-reporter.js')).href;
    const args = ['--enable-source-maps', '--import', reporter, builtModule(module)];
    this.child = withLogFile(logFile, (fd) =>
      spawn(process.execPath, args, { env, stdio: ['ignore', fd, fd, 'ipc'] }),
    );
    this.service = serviceProcess(name, this.child, 'SIGTERM', watchdog);
  }

  /** Starts a built module; its output goes to a file of its name in `logDir`. */
  static start(
    name: string,
    module: string,
    { env, logDir, watchdog }: { env: Environment; logDir: string; watchdog: Watchdog },
  ): MeasuredProcess {
    return new MeasuredProcess(name, module, env, join(logDir, `${name}.log`), watchdog);
  }

  get pid(): number {
    return this.child.pid!;
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>('usage', 'usage');
  }

  /** Sends a message and waits for the one that carries `key`. */
  async ask<T>(message: string | object, key: string): Promise<T> {
    const answer = this.hear<T>(key);
    this.child.send(message);
    return answer;
  }

  /** Waits for a message `{ [key]: … }`; rejects when the process ends, says `{ fault }`, or is silent for 120 s. */
  hear<T>(key: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.child.off('message', onMessage);
        act();
      };
      const fail = (how: string) =>
        settle(() => reject(new Error(`${this.name}: ${how}\n${logTail(this.logFile)}`)));
      const onMessage = (message: object) => {
        const said = message as Record<string, unknown>;
        if (key in said) settle(() => resolve(said[key] as T));
        else if ('fault' in said) fail(String(said.fault));
      };
      const timer = setTimeout(() => fail(`no ${key} within ${ANSWER_TIMEOUT_MS} ms`), ANSWER_TIMEOUT_MS);
      this.child.on('message', onMessage);
      void this.service.ended.then((how) => fail(`ended (${how})`));
    });
  }

  async stop(): Promise<void> {
    await this.service.stop(DRAIN_TIMEOUT_MS);
  }
}
