import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { readSettings } from './config/settings.js';
import { createAdapter } from './http/fastify.js';
import { Logger } from './logging/logger.js';
import { loadRegistry } from './models/registry.js';
import { createDocument } from './openapi.js';

/** Values of the variables without a default; nothing connects while the document is written. */
const PLACEHOLDERS = {
  DATABASE_URL: 'postgres://localhost/none',
  REDIS_URL: 'redis://localhost',
  REPLICATE_API_TOKEN: 'none',
  REPLICATE_WEBHOOK_SECRET: `whsec_${'A'.repeat(24)}`,
  WEBHOOK_BASE_URL: 'http://localhost',
  S3_BUCKET: 'none',
  DYNAMODB_TABLE: 'none',
};

/** Writes openapi.json, formatted, from the controllers and the model registry of this repository. */
async function writeOpenApi(): Promise<void> {
  const settings = readSettings(PLACEHOLDERS);
  const logger = new Logger('silent');
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.of(settings, logger),
    createAdapter(logger),
    {
      preview: true,
      abortOnError: false,
      logger: false,
    },
  );
  const { text, source } = settings.modelsConfig;
  const document = createDocument(app, loadRegistry(text, source));
  writeFileSync('openapi.json', `${JSON.stringify(document, null, 2)}\n`);
}

await writeOpenApi();
