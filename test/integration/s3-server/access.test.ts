import {
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { BUCKET, CREDENTIALS, startTestServer, type TestServer } from './start-server.js';

let s3: TestServer;

beforeAll(async () => {
  s3 = await startTestServer();
  for (const [Key, ACL] of [
    ['private', undefined],
    ['open', 'public-read'],
    ['gallery/é 1.jpg', undefined],
  ] as const) {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: `this is ${Key}`, ACL }));
  }
});
afterAll(() => s3.stop());

const HOUR_MS = 3600_000;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

async function codeOf(response: Response): Promise<string | undefined> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
}

describe('a signed request', () => {
  it.each([
    [
      'a wrong secret',
      { credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } },
      'SignatureDoesNotMatch',
      403,
    ],
    ['an unknown key', { credentials: { ...CREDENTIALS, accessKeyId: 'nobody' } }, 'InvalidAccessKeyId', 403],
    ['another region', { region: 'eu-west-1' }, 'AuthorizationHeaderMalformed', 400],
    ['a clock an hour slow', { systemClockOffset: -HOUR_MS }, 'RequestTimeTooSkewed', 403],
    ['a clock an hour fast', { systemClockOffset: HOUR_MS }, 'RequestTimeTooSkewed', 403],
  ])('with %s is refused', async (_, config, code, status) => {
    await expect(s3.newClient(config).send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: code,
      $metadata: { httpStatusCode: status },
    });
  });

  it('with temporary credentials of the same key is accepted', async () => {
    const client = s3.newClient({ credentials: { ...CREDENTIALS, sessionToken: 'token/+=' } });
    const { $metadata } = await client.send(new HeadBucketCommand({ Bucket: BUCKET }));
    expect($metadata.httpStatusCode).toBe(200);
  });

  it.each([
    ['Basic dXNlcjpwYXNz', 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 nonsense', 'InvalidRequest'],
    ['', 'AuthorizationHeaderMalformed'],
  ])('with the authorization %j is refused', async (authorization, code) => {
    const response = await fetch(`${s3.server.url}/`, { headers: { authorization } });
    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe(code);
  });

  it('with a header added after signing is refused', async () => {
    const client = s3.newClient();
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string> };
        request.headers['x-amz-acl'] = 'public-read';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const command = new PutObjectCommand({ Bucket: BUCKET, Key: 'sneaky', Body: 'x' });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('a presigned URL', () => {
  const signGet = (options = {}, Key = 'gallery/é 1.jpg') =>
    getSignedUrl(s3.client, new GetObjectCommand({ Bucket: BUCKET, Key }), { expiresIn: 60, ...options });
  const signPut = (input = {}) =>
    getSignedUrl(
      s3.newClient({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
      new PutObjectCommand({ Bucket: BUCKET, Key: 'presigned', ...input }),
      { expiresIn: 60 },
    );

  it('lets anyone read its object, in ranges too', async () => {
    const url = await signGet();
    expect(await (await fetch(url)).text()).toBe('this is gallery/é 1.jpg');
    const part = await fetch(url, { headers: { range: 'bytes=-5' } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe('1.jpg');
  });

  it('lets anyone write its object, with the headers it carries', async () => {
    const url = await signPut({
      ContentType: 'image/png',
      ServerSideEncryption: 'AES256',
      Metadata: { a: 'b' },
    });
    const headers = { 'content-type': 'image/png', 'x-amz-server-side-encryption': 'AES256' };
    const stored = await fetch(url, { method: 'PUT', body: 'uploaded', headers });
    expect([stored.status, await stored.text()]).toEqual([200, '']);
    const found = await fetch(await signGet({}, 'presigned'));
    expect(await found.text()).toBe('uploaded');
    expect(found.headers.get('content-type')).toBe('image/png');
    expect(found.headers.get('x-amz-server-side-encryption')).toBe('AES256');
    expect(found.headers.get('x-amz-meta-a')).toBe('b');
  });

  it('that promises the checksum of an empty body, as the SDK signs by default, takes no other body', async () => {
    const url = await getSignedUrl(s3.client, new PutObjectCommand({ Bucket: BUCKET, Key: 'presigned' }));
    const response = await fetch(url, { method: 'PUT', body: 'uploaded' });
    expect(await codeOf(response)).toBe('BadDigest');
  });

  it('ends when it says', async () => {
    expect((await fetch(await signGet({ signingDate: minutesAgo(2), expiresIn: 180 }))).status).toBe(200);
    const late = await fetch(await signGet({ signingDate: minutesAgo(2), expiresIn: 60 }));
    expect([late.status, await codeOf(late)]).toEqual([403, 'AccessDenied']);
    const early = await fetch(await signGet({ signingDate: minutesAgo(-60), expiresIn: 60 }));
    expect([early.status, await codeOf(early)]).toEqual([403, 'AccessDenied']);
  });

  it.each([
    [
      'another object',
      (url: string) => url.replace('gallery/%C3%A9%201.jpg', 'private'),
      'SignatureDoesNotMatch',
    ],
    ['a longer life', (url: string) => url.replace('Expires=60', 'Expires=600'), 'SignatureDoesNotMatch'],
    ['another parameter', (url: string) => `${url}&response-content-type=text/html`, 'SignatureDoesNotMatch'],
    ['another signature', (url: string) => url.replace(/.$/, (c) => (c === '0' ? '1' : '0')), undefined],
    [
      'a life beyond a week',
      (url: string) => url.replace('Expires=60', 'Expires=604801'),
      'AuthorizationQueryParametersError',
    ],
  ])('changed to have %s is refused', async (_, change, code) => {
    const url = await signGet();
    expect(change(url)).not.toBe(url);
    const response = await fetch(change(url));
    expect([400, 403]).toContain(response.status);
    if (code) expect(await codeOf(response)).toBe(code);
  });

  it('for reading does not write', async () => {
    const response = await fetch(await signGet(), { method: 'PUT', body: 'x' });
    expect(await codeOf(response)).toBe('SignatureDoesNotMatch');
  });
});

describe('a stranger', () => {
  const url = (path: string) => `${s3.server.url}/${path}`;

  it('reads an object whose ACL is public-read', async () => {
    expect(await (await fetch(url(`${BUCKET}/open`))).text()).toBe('this is open');
    expect((await fetch(url(`${BUCKET}/open`), { method: 'HEAD' })).headers.get('content-length')).toBe('12');
  });

  it.each([
    ['GET', 'private'],
    ['GET', 'missing'],
    ['HEAD', 'private'],
    ['PUT', 'open'],
    ['DELETE', 'open'],
    ['POST', 'open?uploads'],
    ['GET', '?list-type=2'],
    ['DELETE', ''],
    ['PUT', '?policy'],
  ])('may not %s %j', async (method, path) => {
    const body = method === 'PUT' ? 'x' : undefined;
    expect((await fetch(url(`${BUCKET}/${path}`), { method, body })).status).toBe(403);
  });

  it('reads what a bucket policy opens, and only that', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${BUCKET}/gallery/*`,
        },
      ],
    });
    await s3.client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    expect((await fetch(url(`${BUCKET}/gallery/%C3%A9%201.jpg`))).status).toBe(200);
    expect((await fetch(url(`${BUCKET}/private`))).status).toBe(403);
    expect((await fetch(url(`${BUCKET}/gallery/x`), { method: 'PUT', body: 'x' })).status).toBe(403);
  });
});
