import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { projectDir } from './built-tree.js';
import { runMigrations } from './run-app.js';
import { startStack, type Stack } from './stack.js';
import { temporaryDataDir } from './temporary-data-dir.js';

const USAGE = 'Usage: with-stack [--migrate] COMMAND [ARGUMENT…]: runs the command on a stack of its own';

/** Runs the command with the stack's variables; gives the exit code it ended with (128 + n for signal n). */
function runCommand(command: string, args: string[], stack: Stack): Promise<number> {
  const PATH = [join(projectDir, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH, ...stack.env } });
  if (child.pid !== undefined) stack.watchdog.watch(child.pid, 'TERM');
  onSignals((signal, count) => {
    if (count > 1) return child.kill('SIGKILL');
    // A terminal sends Ctrl-C to the command too.
    return signal === 'SIGTERM' || !process.stdin.isTTY ? child.kill(signal) : undefined;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

function onSignals(act: (signal: 'SIGINT' | 'SIGTERM', count: number) => unknown): void {
  let count = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => act(signal, ++count));
}

async function main(args: string[]): Promise<number> {
  const migrate = args[0] === '--migrate';
  const [command, ...rest] = migrate ? args.slice(1) : args;
  if (command === undefined) throw new Error(USAGE);
  const stack = await startStack({ dataDir: temporaryDataDir(), env: process.env, temporary: true });
  for (const notice of stack.notices) console.error(notice);
  void stack.died.then((death) => console.error(death));
  try {
    if (migrate) await runMigrations({ stack, env: process.env });
    return await runCommand(command, rest, stack);
  } finally {
    await stack.stop();
  }
}

// Until the command runs, a signal just ends this process, and the watchdog what was started.
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error((error as Error).message);
    process.exit(1);
  },
);
