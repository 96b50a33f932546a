import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { createAdapter } from './http/fastify.js';
import { NestLogger } from './logging/nest-logger.js';
import { prepareApi } from './prepare-api.js';
import { startProcess } from './start-process.js';

await startProcess(async (settings, logger) => {
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.of(settings, logger),
    createAdapter(logger, settings.http),
    {
      abortOnError: false,
      logger: new NestLogger(logger),
      bodyParser: false,
    },
  );
  app.enableShutdownHooks([], { useProcessExit: true });
  prepareApi(app, settings);
  await app.listen(settings.http.port, settings.http.host);
  logger.info('api-started', { url: await app.getUrl() });
});
