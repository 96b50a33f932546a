import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Agreement, Environment, ServiceName } from '../environment.js';
import type { FfmpegBinaries } from '../ffmpeg-binaries.js';
import type { SimulatorOptions } from '../replicate/options.js';
import type { S3ServerOptions } from '../s3/server.js';
import { simulatorModels } from '../simulator-models.js';
import { forkService } from './fork-service.js';
import { startPostgres } from './postgres.js';
import { prepareBucket, prepareTable } from './prepare.js';
import { startRedis } from './redis.js';
import type { ServiceProcess } from './service-process.js';
import type { Watchdog } from './watchdog.js';

/** What a service may need at its start. */
export interface StartContext {
  dataDir: string;
  /** Whether the data is wanted again at the next start. */
  isKept: boolean;
  env: Environment;
  agreement: Agreement;
  ffmpeg: Promise<FfmpegBinaries>;
  watchdog: Watchdog;
}

/** A service that answers at `url`: with a process, it is ours. `notice` is a line the user should see. */
export interface ServiceInUse {
  url: string;
  process?: ServiceProcess;
  notice?: string | undefined;
}

/** How each service is started, made ready to use included. */
export const SERVICES: Record<ServiceName, (context: StartContext) => Promise<ServiceInUse>> = {
  postgres: ({ dataDir, watchdog }) =>
    startPostgres({ dataDir, logFile: logFile(dataDir, 'postgres'), watchdog }),

  async redis({ dataDir, env, watchdog }) {
    const options = { dataDir: join(dataDir, 'redis'), logFile: logFile(dataDir, 'redis'), watchdog, env };
    const { inMemory, ...service } = await startRedis(options);
    return inMemory ? { ...service, notice: JS_REDIS_NOTICE } : service;
  },

  async dynamodb({ dataDir, agreement, watchdog }) {
    const options = { dir: serviceDir(dataDir, 'dynamodb') };
    const service = await forkService('dynamodb', options, {
      logFile: logFile(dataDir, 'dynamodb'),
      watchdog,
    });
    const url = `http://127.0.0.1:${service.port}`;
    await prepareTable(url, agreement);
    return { url, process: service.process };
  },

  async s3({ dataDir, agreement, watchdog }) {
    const { accessKeyId, secretAccessKey, region } = agreement;
    const options = {
      dir: serviceDir(dataDir, 's3'),
      accessKeyId,
      secretAccessKey,
      region,
    } satisfies S3ServerOptions;
    const service = await forkService('s3', options, { logFile: logFile(dataDir, 's3'), watchdog });
    const url = `http://127.0.0.1:${service.port}`;
    await prepareBucket(url, agreement);
    return { url, process: service.process };
  },

  async replicate({ dataDir, isKept, env, agreement, ffmpeg, watchdog }) {
    const options = {
      dir: serviceDir(dataDir, 'replicate'),
      keepsPredictions: isKept,
      apiToken: agreement.replicateToken,
      webhookSecrets: agreement.webhookSecret.split(',').map((secret) => secret.trim()),
      modelsConfig: simulatorModels(env),
      ...(await ffmpeg),
    } satisfies SimulatorOptions & FfmpegBinaries;
    const service = await forkService('replicate', options, {
      logFile: logFile(dataDir, 'replicate'),
      watchdog,
    });
    return { url: `http://127.0.0.1:${service.port}/v1`, process: service.process };
  },
};

const JS_REDIS_NOTICE =
  'No redis-server was found: a slow one in JavaScript serves, and forgets at its end (apt-get install redis-server).';

function serviceDir(dataDir: string, name: string): string {
  const dir = join(dataDir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

function logFile(dataDir: string, name: string): string {
  return join(dataDir, `${name}.log`);
}
