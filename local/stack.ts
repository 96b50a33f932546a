import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { localCredentials } from './credentials.js';
import { lockDataDir } from './data-dir-lock.js';
import {
  ADDRESS_VARIABLES,
  agree,
  ALL_SERVICES,
  stackEnvironment,
  type Addresses,
  type Agreement,
  type Environment,
  type ServiceName,
} from './environment.js';
import { findFfmpegBinaries } from './ffmpeg-binaries.js';
import { SERVICES, type ServiceInUse, type StartContext } from './services/catalogue.js';
import { prepareGivenBucket, prepareTable } from './services/prepare.js';
import type { ServiceProcess } from './services/service-process.js';
import { startWatchdog, type Watchdog } from './services/watchdog.js';

export interface StackOptions {
  /** Folder of all data and logs; made if absent. */
  dataDir: string;
  /** The variables given by the user: a service whose address is among them is used as given. */
  env: Environment;
  /** The services wanted; all by default. */
  only?: ServiceName[];
  /** Whether the folder goes when the stack stops, or its supervisor dies. */
  temporary?: boolean;
}

/** A running set of services. */
export interface Stack {
  /** The variables that API, worker and migrations need. */
  env: Record<string, string>;
  addresses: Addresses;
  /** Lines the user should see. */
  notices: string[];
  watchdog: Watchdog;
  /** The processes of the services that are ours. */
  services: Partial<Record<ServiceName, ServiceProcess>>;
  /** Resolves when a service ends that nobody stopped, with a sentence that says which and how. */
  died: Promise<string>;
  /** Stops all services; the application must have ended before. */
  stop(): Promise<void>;
  /** Kills all services at once; for when the user will not wait. */
  kill(): void;
}

/**
 * Starts PostgreSQL, Redis, DynamoDB, S3 and the Replicate simulator side by side on free ports of 127.0.0.1, each
 * unless its address is given. Rejects with every fault when one cannot start, having stopped the others. If this
 * process dies, a watchdog ends the services.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = openDataDir(options.dataDir);
  const watchdog = startWatchdog(options.temporary ? dataDir : undefined);
  const unlock = await lockDataDir(dataDir, watchdog.pid).catch((error: unknown) => {
    watchdog.dismiss();
    throw error;
  });
  const context = startContext(dataDir, options, watchdog);
  const { started, faults } = await startServices(context, options.only ?? ALL_SERVICES);
  const processes = Object.values(started).flatMap(({ process }) => process ?? []);

  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()));
    unlock();
    watchdog.dismiss();
    if (options.temporary) rmSync(dataDir, { recursive: true, force: true });
  };
  if (faults.length > 0) {
    await stop();
    throw new Error(faults.join('\n'));
  }
  const addresses = Object.fromEntries(
    Object.entries(started).map(([name, { url }]) => [name, url]),
  ) as Addresses;
  return {
    env: stackEnvironment(options.env, context.agreement, addresses, await context.ffmpeg),
    addresses,
    notices: Object.values(started).flatMap(({ notice }) => notice ?? []),
    watchdog,
    services: mapValues(started, ({ process }) => process),
    died: firstDeath(processes),
    stop,
    kill: () => processes.forEach((process) => process.kill()),
  };
}

function mapValues<T>(
  started: Started,
  pick: (service: ServiceInUse) => T | undefined,
): Partial<Record<ServiceName, T>> {
  const entries = Object.entries(started).map(([name, service]) => [name, pick(service)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The folder, made if absent; others may pass through it, because PostgreSQL may have to run as another user. */
function openDataDir(path: string): string {
  const dataDir = resolve(path);
  mkdirSync(dataDir, { recursive: true });
  if (process.getuid?.() === 0) chmodSync(dataDir, 0o711);
  return dataDir;
}

function startContext(
  dataDir: string,
  { env, temporary = false }: StackOptions,
  watchdog: Watchdog,
): StartContext {
  const agreement = agree(env, localCredentials(dataDir));
  return { dataDir, isKept: !temporary, env, agreement, ffmpeg: findFfmpegBinaries(env), watchdog };
}

type Started = Partial<Record<ServiceName, ServiceInUse>>;

/** Starts the services side by side and waits for all, so that none is forgotten when another one fails. */
async function startServices(context: StartContext, names: ServiceName[]) {
  const [ffmpeg, ...outcomes] = await Promise.allSettled([
    context.ffmpeg,
    ...names.map((name) => useOrStart(name, context)),
  ]);
  const started: Started = {};
  const faults = ffmpeg.status === 'rejected' ? [(ffmpeg.reason as Error).message] : [];
  outcomes.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') started[names[index]!] = outcome.value;
    else faults.push((outcome.reason as Error).message);
  });
  return { started, faults: [...new Set(faults)] };
}

async function useOrStart(name: ServiceName, context: StartContext): Promise<ServiceInUse> {
  const url = context.env[ADDRESS_VARIABLES[name]];
  return url ? { url, notice: await prepareGiven(name, url, context.agreement) } : SERVICES[name](context);
}

/** A given S3 or DynamoDB may be new and empty: what is missing there is made, nothing that exists is changed. */
async function prepareGiven(
  name: ServiceName,
  url: string,
  agreement: Agreement,
): Promise<string | undefined> {
  const prepare = { s3: prepareGivenBucket, dynamodb: prepareTable }[name as string];
  try {
    await prepare?.(url, agreement);
    return undefined;
  } catch (error) {
    return `${ADDRESS_VARIABLES[name]} is used as it is; it could not be prepared: ${(error as Error).message}`;
  }
}

function firstDeath(services: ServiceProcess[]): Promise<string> {
  return new Promise((resolve) => {
    for (const service of services) {
      void service.ended.then((how) => service.stopping || resolve(`${service.name} ended (${how})`));
    }
  });
}
