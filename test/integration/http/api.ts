import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from '../../../src/api.module.js';
import { readSettings, type Environment } from '../../../src/config/settings.js';
import { createAdapter } from '../../../src/http/fastify.js';
import { Logger } from '../../../src/logging/logger.js';
import { NestLogger } from '../../../src/logging/nest-logger.js';
import { prepareApi } from '../../../src/prepare-api.js';
import { ApiClient } from '../../support/api-client.js';

/** The API in this process, on a free port, with what it logged. */
export interface RunningApi {
  client: ApiClient;
  url: string;
  lines(): Record<string, unknown>[];
  printed(): string;
  close(): Promise<void>;
}

/** Starts it as main.ts does, on the services of the environment and the variables given. */
export async function startApi(env: Environment, requestTimeoutMs?: number): Promise<RunningApi> {
  const settings = readSettings({ WEBHOOK_BASE_URL: 'http://127.0.0.1:9', ...process.env, ...env });
  const printed: string[] = [];
  const logger = new Logger('debug', { write: (line) => printed.push(line) });
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.of(settings, logger),
    createAdapter(logger, { ...settings.http, requestTimeoutMs }),
    { abortOnError: false, logger: new NestLogger(logger), bodyParser: false },
  );
  prepareApi(app, settings);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    client: new ApiClient(url),
    url,
    lines: () => printed.map((line) => JSON.parse(line) as Record<string, unknown>),
    printed: () => printed.join(''),
    close: () => app.close(),
  };
}
