import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { projectDir } from './built-tree.js';
import { runMigrations } from './run-app.js';
import { takeSignals } from './signals.js';
import { startStack, type Stack } from './stack.js';
import { temporaryDataDir } from './temporary-data-dir.js';

const USAGE = 'Usage: with-stack [--migrate] COMMAND [ARGUMENT…]: runs the command on a stack of its own';

/** Runs the command with the stack's variables; gives the exit code it ended with (128 + n for signal n). */
function runCommand(command: string, args: string[], stack: Stack): Promise<number> {
  const PATH = [join(projectDir, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH, ...stack.env } });
  if (child.pid !== undefined) stack.watchdog.watch(child.pid, 'TERM');
  let signals = 0;
  onSignal((signal) => {
    signals += 1;
    if (signals > 1) child.kill('SIGKILL');
    // A terminal sends Ctrl-C to the command too.
    else if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
  });
  return endOf(command, child);
}

function endOf(command: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
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

const onSignal = takeSignals();
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error((error as Error).message);
    process.exit(1);
  },
);
