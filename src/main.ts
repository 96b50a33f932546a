import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { allowOrigins } from './http/cors.js';
import { createAdapter } from './http/fastify.js';
import { serveDocs } from './openapi.js';
import { createValidationPipe } from './http/validation.pipe.js';
import { NestLogger } from './logging/nest-logger.js';
import { ModelRegistry } from './models/registry.js';
import { openStatusLane } from './status-lane.js';
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
  app.useGlobalPipes(createValidationPipe());
  app.enableShutdownHooks([], { useProcessExit: true });
  allowOrigins(app, settings.http.corsOrigins);
  openStatusLane(app);
  serveDocs(app, app.get(ModelRegistry));
  await app.listen(settings.http.port, settings.http.host);
  logger.info('api-started', { url: await app.getUrl() });
});
