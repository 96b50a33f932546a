import { baseUrlOf } from './base-url.js';
import { ApiError, fileNotFound, fileTooLarge, invalidInput } from './errors.js';
import type { Exchange, Route } from './http.js';
import { header, readBody, sendJson } from './http.js';
import { readForm } from './multipart.js';
import type { Simulator } from './simulator.js';
import { isSignedLink, uploadBody } from './uploads.js';

const largestFileBytes = 100 * 1024 * 1024;
const multipartSlackBytes = 64 * 1024;

/** The Files API. */
export function uploadRoutes(simulator: Simulator): Route[] {
  const { uploads, secrets } = simulator;
  const existing = ({ params }: Exchange) => {
    const upload = uploads.get(params[0] ?? '');
    if (!upload) throw fileNotFound();
    return upload;
  };
  return [
    { method: 'POST', path: /^\/v1\/files$/, answer: (exchange) => answerUpload(simulator, exchange) },
    {
      method: 'GET',
      path: /^\/v1\/files$/,
      answer: ({ request, response }) => {
        const base = baseUrlOf(simulator, request);
        sendJson(response, 200, {
          next: null,
          previous: null,
          results: uploads.all().map((one) => uploadBody(one, base)),
        });
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/files\/([^/]+)$/,
      answer: (exchange) =>
        sendJson(
          exchange.response,
          200,
          uploadBody(existing(exchange), baseUrlOf(simulator, exchange.request)),
        ),
    },
    {
      method: 'DELETE',
      path: /^\/v1\/files\/([^/]+)$/,
      answer: (exchange) => {
        uploads.remove(existing(exchange).id);
        exchange.response.writeHead(204).end();
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/files\/([^/]+)\/download$/,
      answer: (exchange) => {
        const upload = existing(exchange);
        const isSigned = isSignedLink(upload.id, exchange.url.searchParams, secrets[0] ?? '');
        if (!isSigned && !header(exchange.request, 'authorization'))
          throw new ApiError(403, { detail: 'Invalid signature' });
        exchange.response.writeHead(200, { 'content-type': upload.contentType }).end(upload.content);
      },
    },
  ];
}

async function answerUpload(simulator: Simulator, { request, response }: Exchange): Promise<void> {
  const body = await readBody(request, largestFileBytes + multipartSlackBytes, fileTooLarge);
  const form = readForm(body, header(request, 'content-type') ?? '');
  const file = form.get('content');
  if (!file) throw invalidInput([{ type: 'required', field: '', description: 'content is required' }]);
  if (file.content.length > largestFileBytes) throw fileTooLarge();
  const contentType = form.get('type')?.content.toString() ?? file.contentType ?? 'application/octet-stream';
  const metadata = parseMetadata(form.get('metadata')?.content.toString() ?? '{}');
  const upload = simulator.uploads.add(Buffer.from(file.content), contentType, metadata);
  sendJson(response, 201, uploadBody(upload, baseUrlOf(simulator, request)));
}

function parseMetadata(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidInput([{ type: 'invalid_type', field: 'metadata', description: 'metadata must be JSON' }]);
  }
}
