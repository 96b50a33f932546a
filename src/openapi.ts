import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ERROR_DESCRIPTIONS } from './http/api-errors.js';
import { openApiSchemas, requestForms } from './models/parameter-schemas.js';
import type { ModelRegistry } from './models/registry.js';
import { eventDocument } from './webhooks/out/event-document.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type SchemaObject = Exclude<Schema, { $ref: string }>;

const DESCRIPTION = `Generates images, video and audio with AI models hosted on Replicate, keeps the files, and tells
where each job stands. Start with POST /generate-media, then follow GET /status/{jobId}.`;

/** The OpenAPI 3.1 document, with a schema of each model’s parameters and what webhook endpoints are sent. */
export function createDocument(app: NestFastifyApplication, registry: ModelRegistry): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('VSL Media Generation')
    .setDescription(DESCRIPTION)
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addSecurityRequirements('apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const parameters = openApiSchemas(registry) as Record<string, SchemaObject>;
  const schemas = { ...document.components?.schemas, ...parameters };
  document.components = { ...document.components, schemas, responses: addCommonErrors(document) };
  const request = schemas.GenerateMediaDto as SchemaObject;
  request.anyOf = requestForms(registry, Object.keys(parameters));
  closeBodies(document, schemas);
  document.webhooks = eventDocument();
  return document;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

interface ErrorResponse {
  description: string;
  content: Record<string, { schema: { $ref: string } }>;
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
const OF_ANY_REQUEST = [400, 408, 431, 500, 503];
const OF_A_BODY = [413, 415];

function operations(document: OpenAPIObject): [method: string, operation: Operation][] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.flatMap((method): [string, Operation][] => {
      const operation = path[method];
      return operation ? [[method, operation]] : [];
    }),
  );
}

/** Documents what any route may answer, and 401, 403 and 429 where a key is needed; returns these answers by name. */
function addCommonErrors(document: OpenAPIObject): Record<string, ErrorResponse> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorDto' } } };
  const responses: Record<string, ErrorResponse> = {};
  for (const [method, operation] of operations(document)) {
    for (const status of commonErrors(method, operation)) {
      if (operation.responses[status] !== undefined) continue;
      operation.responses[status] = { $ref: `#/components/responses/Error${status}` };
      responses[`Error${status}`] = { description: ERROR_DESCRIPTIONS[status]!, content };
    }
  }
  return responses;
}

function commonErrors(method: string, { security }: Operation): number[] {
  const open = security?.some((requirement) => Object.keys(requirement).length === 0);
  return [...OF_ANY_REQUEST, ...(method === 'get' ? [] : OF_A_BODY), ...(open ? [] : [401, 403, 429])];
}

/** Documents that unknown fields of a body are refused. */
function closeBodies(document: OpenAPIObject, schemas: Record<string, Schema>): void {
  const close = (schema: Schema | undefined): void => {
    if (schema === undefined) return;
    if ('$ref' in schema) return close(schemas[schema.$ref.replace('#/components/schemas/', '')]);
    if (schema.properties !== undefined) schema.additionalProperties ??= false;
    const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter((choice) => '$ref' in choice);
    const parts = [...Object.values(schema.properties ?? {}), schema.items, ...(schema.allOf ?? [])];
    for (const part of [...parts, ...choices]) close(part);
  };
  for (const [, { requestBody }] of operations(document)) {
    if (requestBody !== undefined && 'content' in requestBody) {
      close(requestBody.content['application/json']?.schema);
    }
  }
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function serveDocs(app: NestFastifyApplication, registry: ModelRegistry): void {
  SwaggerModule.setup('docs', app, () => createDocument(app, registry), { jsonDocumentUrl: 'openapi.json' });
}
