import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';

import { BUCKET, startTestServer, type TestServer } from './start-server.js';

let s3: TestServer;

beforeAll(async () => {
  s3 = await startTestServer();
});
afterAll(() => s3.stop());

describe('buckets', () => {
  it('are made, found, listed and removed', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'second' }));
    const { BucketRegion } = await s3.client.send(new HeadBucketCommand({ Bucket: 'second' }));
    expect(BucketRegion).toBe('us-east-1');
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([BUCKET, 'second']);
    const location = await s3.client.send(new GetBucketLocationCommand({ Bucket: 'second' }));
    expect(location.LocationConstraint).toBeFalsy();
    await s3.client.send(new DeleteBucketCommand({ Bucket: 'second' }));
    await expect(s3.client.send(new HeadBucketCommand({ Bucket: 'second' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('have names that S3 would take, once', async () => {
    await expect(s3.client.send(new CreateBucketCommand({ Bucket: 'Bad_Name' }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    });
    await expect(s3.client.send(new CreateBucketCommand({ Bucket: BUCKET }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
  });

  it('are kept while they hold something', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'full' }));
    await s3.client.send(new PutObjectCommand({ Bucket: 'full', Key: 'a', Body: 'a' }));
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket: 'full' }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
    });
  });

  it('that are not there are named as missing', async () => {
    const command = new PutObjectCommand({ Bucket: 'nowhere', Key: 'a', Body: 'a' });
    await expect(s3.client.send(command)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

describe('listing', () => {
  const keys = ['a/1', 'a/2', 'b/1', 'b&c', 'z', '日本', '\u{1D11E}'];
  const list = (input = {}) => s3.client.send(new ListObjectsV2Command({ Bucket: 'listed', ...input }));

  beforeAll(async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'listed' }));
    for (const Key of keys.toReversed()) {
      await s3.client.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }));
    }
  });

  it('gives all keys in the order of their bytes, with what is known of each', async () => {
    const { Contents, KeyCount, IsTruncated } = await list();
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2', 'b&c', 'b/1', 'z', '日本', '\u{1D11E}']);
    expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 7, IsTruncated: false });
    expect(Contents?.[0]).toMatchObject({
      Size: 3,
      StorageClass: 'STANDARD',
      LastModified: expect.any(Date),
    });
  });

  it('rolls keys up to the delimiter, and counts what it rolled up', async () => {
    const page = await list({ Delimiter: '/', MaxKeys: 3 });
    expect(page.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'b/' }]);
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['b&c']);
    expect(page).toMatchObject({ KeyCount: 3, IsTruncated: true });
    const next = await list({ Delimiter: '/', ContinuationToken: page.NextContinuationToken });
    expect(next.Contents?.map(({ Key }) => Key)).toEqual(['z', '日本', '\u{1D11E}']);
    expect(next.CommonPrefixes).toBeUndefined();
  });

  it('keeps to a prefix, and begins after a key', async () => {
    expect((await list({ Prefix: 'a/' })).KeyCount).toBe(2);
    expect((await list({ Prefix: 'a/', StartAfter: 'a/1' })).Contents?.map(({ Key }) => Key)).toEqual([
      'a/2',
    ]);
    expect((await list({ Prefix: 'none' })).Contents).toBeUndefined();
  });

  it('pages through the SDK without losing or doubling a key', async () => {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2(
      { client: s3.client, pageSize: 2 },
      { Bucket: 'listed' },
    )) {
      found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    }
    expect(found.sort()).toEqual([...keys].sort());
  });

  it.each([{ ContinuationToken: 'bm9uc2Vuc2U' }, { MaxKeys: -1 }, { EncodingType: 'other' as 'url' }])(
    'refuses %j',
    async (input) => {
      await expect(list(input)).rejects.toMatchObject({ name: 'InvalidArgument' });
    },
  );
});

describe('the settings of a bucket', () => {
  const Bucket = BUCKET;

  it('give back the CORS rules', async () => {
    const rule = { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'], MaxAgeSeconds: 5 };
    await s3.client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
    expect((await s3.client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual([rule]);
    await s3.client.send(new DeleteBucketCorsCommand({ Bucket }));
    await expect(s3.client.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchCORSConfiguration',
    });
  });

  it('give back the policy, letter for letter', async () => {
    const Policy =
      '{"Statement": [{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::media/*"}]}';
    const { $metadata } = await s3.client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect($metadata.httpStatusCode).toBe(204);
    expect((await s3.client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    await s3.client.send(new DeleteBucketPolicyCommand({ Bucket }));
    await expect(s3.client.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchBucketPolicy',
    });
  });

  it('give back the lifecycle rules', async () => {
    const rule = {
      ID: 'temporary',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'temp/' },
      Expiration: { Days: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    };
    await s3.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    );
    const found = await s3.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(found.Rules).toEqual([rule]);
    await s3.client.send(new DeleteBucketLifecycleCommand({ Bucket }));
    await expect(
      s3.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    ).rejects.toMatchObject({
      name: 'NoSuchLifecycleConfiguration',
    });
  });
});

describe('what is not implemented', () => {
  const Bucket = BUCKET;
  const Key = 'object';

  it.each([
    ['object tags', () => s3.client.send(new GetObjectTaggingCommand({ Bucket, Key }))],
    ['object ACLs', () => s3.client.send(new PutObjectAclCommand({ Bucket, Key, ACL: 'public-read' }))],
    ['bucket ACLs', () => s3.client.send(new GetBucketAclCommand({ Bucket }))],
    ['versioning', () => s3.client.send(new GetBucketVersioningCommand({ Bucket }))],
    ['the old listing', () => s3.client.send(new ListObjectsCommand({ Bucket }))],
  ])('answers 501 to %s', async (_, send) => {
    await expect(send()).rejects.toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
    });
  });
});
