import { PutBucketCorsCommand, PutObjectCommand } from '@aws-sdk/client-s3';

import { BUCKET, startTestServer, type TestServer } from './start-server.js';

let s3: TestServer;

beforeAll(async () => {
  s3 = await startTestServer();
  await s3.client.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: 'open', Body: 'open', ACL: 'public-read' }),
  );
  await s3.client.send(
    new PutBucketCorsCommand({
      Bucket: BUCKET,
      CORSConfiguration: {
        CORSRules: [
          {
            AllowedOrigins: ['https://*.example.com'],
            AllowedMethods: ['GET', 'PUT'],
            AllowedHeaders: ['content-type', 'x-amz-*'],
            ExposeHeaders: ['ETag'],
            MaxAgeSeconds: 600,
          },
          { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] },
        ],
      },
    }),
  );
});
afterAll(() => s3.stop());

const ask = (method: string, headers: Record<string, string>) =>
  fetch(`${s3.server.url}/${BUCKET}/open`, { method, headers });
const preflight = (origin: string, method: string, headers = '') =>
  ask('OPTIONS', {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': headers,
  });

describe('a preflight', () => {
  it('is answered without a signature when a rule matches', async () => {
    const response = await preflight('https://app.example.com', 'PUT', 'Content-Type, X-Amz-Date');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'content-type, x-amz-date',
      'access-control-max-age': '600',
      'access-control-expose-headers': 'ETag',
      vary: expect.stringContaining('Origin') as string,
    });
  });

  it.each([
    ['https://example.org', 'PUT', ''],
    ['https://app.example.com', 'DELETE', ''],
    ['https://app.example.com', 'PUT', 'authorization'],
  ])('from %s for %s with %j is refused', async (origin, method, headers) => {
    const response = await preflight(origin, method, headers);
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(await response.text()).toContain('<Code>AccessForbidden</Code>');
  });
});

describe('a request from a web page', () => {
  it.each([
    ['GET', 'https://app.example.com', 'https://app.example.com'],
    ['GET', 'https://example.org', null],
    ['HEAD', 'https://example.org', '*'],
  ])('by %s from %s is allowed to %s', async (method, origin, allowed) => {
    const response = await ask(method, { origin });
    await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
  });

  it('can read why it was refused', async () => {
    const response = await fetch(`${s3.server.url}/${BUCKET}/closed`, {
      headers: { origin: 'https://app.example.com' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
  });
});
