import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { openApiSchemas } from './models/parameter-schemas.js';
import type { ModelRegistry } from './models/registry.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type SchemaObject = Exclude<Schema, { $ref: string }>;

const DESCRIPTION = `Generates images, video and audio with AI models hosted on Replicate, keeps the files, and tells
where each job stands. Start with POST /generate-media, then follow GET /status/{jobId}.`;

/** The OpenAPI 3.1 document, with a schema of each model’s parameters. */
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
  const parameters = openApiSchemas(registry) as Record<string, SchemaObject>;
  const schemas = { ...document.components?.schemas, ...parameters };
  document.components = { ...document.components, schemas };
  for (const operation of operations(document)) addCommonErrors(operation);
  showParameters(schemas.GenerateMediaDto as SchemaObject, Object.keys(parameters));
  return document;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

function operations(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) =>
    [path.get, path.post, path.put, path.patch, path.delete].filter((found) => found !== undefined),
  );
}

/** What any route may answer: 500, and 401 where a key is needed. */
function addCommonErrors(operation: Operation): void {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorDto' } } };
  operation.responses['500'] ??= { description: 'Something went wrong on our side', content };
  const open = operation.security?.some((requirement) => Object.keys(requirement).length === 0);
  if (!open) operation.responses['401'] ??= { description: 'The key is missing or wrong', content };
}

/** Lets the `parameters` of a request name the schema of each model's. */
function showParameters(request: SchemaObject, schemaNames: string[]): void {
  const { description } = request.properties!.parameters as SchemaObject;
  const anyOf = schemaNames.map((name) => ({ $ref: `#/components/schemas/${name}` }));
  request.properties!.parameters = { description, anyOf };
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function serveDocs(app: NestFastifyApplication, registry: ModelRegistry): void {
  SwaggerModule.setup('docs', app, () => createDocument(app, registry), { jsonDocumentUrl: 'openapi.json' });
}
