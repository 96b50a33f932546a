import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { openApiSchemas } from './models/parameter-schemas.js';
import type { ModelRegistry } from './models/registry.js';

const DESCRIPTION = `Generates images, video and audio with AI models hosted on Replicate, keeps the files, and tells
where each job stands. Start with POST /generate-media, then follow GET /status/{jobId}.`;

/** The OpenAPI 3.1 document, with a schema of each model's parameters. */
export function createDocument(app: NestFastifyApplication, registry: ModelRegistry): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('VSL Media Generation')
    .setDescription(DESCRIPTION)
    .setVersion('0.1.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addSecurityRequirements('apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(openApiSchemas(registry) as object) },
  };
  return document;
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function serveDocs(app: NestFastifyApplication, registry: ModelRegistry): void {
  SwaggerModule.setup('docs', app, () => createDocument(app, registry), { jsonDocumentUrl: 'openapi.json' });
}
