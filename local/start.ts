import { join } from 'node:path';
import { projectDir } from './built-tree.js';
import { startApp, type RunningApp } from './run-app.js';
import { isPortFree } from './services/free-port.js';
import { takeSignals } from './signals.js';
import { startStack, type Stack } from './stack.js';

const DEFAULT_PORT = 3000;

async function main(): Promise<void> {
  const env = process.env;
  const port = await wantedPort(env.PORT, env.HOST || '127.0.0.1');
  const dataDir = env.LOCAL_DATA_DIR || join(projectDir, '.local');
  console.log('Starting the local stack …');
  const stack = await startStack({ dataDir, env });
  for (const notice of stack.notices) console.log(notice);
  const app = await startApp({ stack, env: { ...env, HOST: stack.env.HOST }, port, keep: console.log }).catch(
    async (error: unknown) => {
      await stack.stop();
      throw error;
    },
  );
  printAddresses(app, stack, dataDir);
  stopOnSignals(app, stack);
  const death = await Promise.race([app.died, stack.died]);
  await stopBecause(`${death}. Stopping the rest …`, 1, app, stack);
}

async function wantedPort(given: string | undefined, host: string): Promise<number> {
  const port = Number(given || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`PORT must be 1 to 65535, not ${given}`);
  if (!(await isPortFree(port, host))) throw new Error(`Port ${port} is in use: set PORT to another one`);
  return port;
}

function printAddresses(app: RunningApp, { addresses }: Stack, dataDir: string): void {
  const simulator = addresses.replicate?.replace(/\/v1$/, '');
  const lines = [
    ['API', app.url],
    ['Swagger UI', `${app.url}/docs`],
    [process.env.REPLICATE_BASE_URL ? 'Replicate' : 'Simulator', simulator],
    ['Data', dataDir],
  ];
  console.log(
    ['', ...lines.map(([name, value]) => `${name!.padEnd(11)} ${value}`), 'Ctrl-C stops it.', ''].join('\n'),
  );
}

let stopping = false;

function stopOnSignals(app: RunningApp, stack: Stack): void {
  onSignal(() => {
    if (!stopping) return void stopBecause('Stopping …', 0, app, stack);
    app.kill();
    stack.kill();
    process.exit(130);
  });
}

/** Stops the application, then the services, and ends this process. */
async function stopBecause(reason: string, exitCode: number, app: RunningApp, stack: Stack): Promise<void> {
  if (stopping) return;
  stopping = true;
  console.log(reason);
  await app.stop();
  await stack.stop();
  process.exit(exitCode);
}

const onSignal = takeSignals();
main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exit(1);
});
