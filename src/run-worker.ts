import { NestFactory } from '@nestjs/core';
import { NestLogger } from './logging/nest-logger.js';
import { refuseEviction } from './queue/eviction-policy.js';
import { startProcess } from './start-process.js';
import { WorkerModule } from './worker.module.js';

await startProcess(async (settings, logger) => {
  await refuseEviction(settings.redis.queueUrl, logger);
  const app = await NestFactory.createApplicationContext(WorkerModule.of(settings, logger), {
    abortOnError: false,
    logger: new NestLogger(logger),
  });
  app.enableShutdownHooks([], { useProcessExit: true });
  logger.info('worker-started');
});
