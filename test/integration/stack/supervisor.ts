import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { builtModule } from '../../../local/built-tree.js';

/** A stack in a process of its own, so that a test can kill its supervisor. */
export interface Supervisor {
  child: ChildProcess;
  env: Record<string, string>;
  pids: number[];
}

const PROGRAM = `
  const [stackModule, dataDir] = process.argv.slice(1);
  const { startStack } = await import(stackModule);
  const stack = await startStack({ dataDir, env: { PATH: process.env.PATH } });
  const pids = [stack.watchdog.pid, ...Object.values(stack.services).map((service) => service.pid)];
  console.log(JSON.stringify({ env: stack.env, pids }));
`;

export async function startSupervisor(dataDir: string): Promise<Supervisor> {
  const args = ['--input-type=module', '-e', PROGRAM, builtModule('local/stack.js'), dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, ...(JSON.parse(line) as Omit<Supervisor, 'child'>) };
  }
  throw new Error('The supervisor ended before its stack was up');
}

/** Runs `dist/local/with-stack.js` to its end. */
export function runWithStack(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [builtModule('local/with-stack.js'), ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
