import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ensureBucket } from '../../../local/bootstrap/bucket.js';
import { ensureTable } from '../../../local/bootstrap/table.js';
import { startDynamoDbServer } from '../../../local/dynamodb/server.js';
import { startS3Server } from '../../../local/s3/server.js';

const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
const region = 'us-east-1';

describe('the table', () => {
  it('has the keys and indexes of the contract, and making it again changes nothing', async () => {
    const server = await startDynamoDbServer({});
    const client = new DynamoDBClient({ endpoint: server.url, region, credentials });
    await Promise.all([ensureTable(client, 'jobs'), ensureTable(client, 'jobs')]);
    const made = await client.send(new DescribeTableCommand({ TableName: 'jobs' }));
    await ensureTable(client, 'jobs');
    const kept = await client.send(new DescribeTableCommand({ TableName: 'jobs' }));
    client.destroy();
    await server.close();

    expect(kept.Table).toEqual(made.Table);
    expect(keys(made.Table?.KeySchema)).toBe('HASH jobId, RANGE timestamp');
    const indexes = made.Table?.GlobalSecondaryIndexes ?? [];
    expect(Object.fromEntries(indexes.map((index) => [index.IndexName, keys(index.KeySchema)]))).toEqual({
      UserIdIndex: 'HASH userId, RANGE timestamp',
      ReplicateIdIndex: 'HASH replicateId',
    });
  });
});

describe('the bucket', () => {
  it('lets everybody read media and nothing else, and making it again changes nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'bootstrap-test-'));
    const server = await startS3Server({ dir, region, ...credentials });
    const client = new S3Client({ endpoint: server.url, region, credentials, forcePathStyle: true });
    const options = { region, publicRead: true };
    await Promise.all([ensureBucket(client, 'media', options), ensureBucket(client, 'media', options)]);
    for (const Key of ['image/a.png', 'compiled/a.mp4', 'temp/a']) {
      await client.send(new PutObjectCommand({ Bucket: 'media', Key, Body: 'x' }));
    }
    await ensureBucket(client, 'media', options);

    const answer = async (key: string) => (await fetch(`${server.url}/media/${key}`)).status;
    expect([await answer('image/a.png'), await answer('compiled/a.mp4'), await answer('temp/a')]).toEqual([
      200, 200, 403,
    ]);
    const lifecycle = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'media' }));
    expect(lifecycle.Rules).toContainEqual(
      expect.objectContaining({ Filter: { Prefix: 'temp/' }, Expiration: { Days: 1 } }),
    );
    const cors = await client.send(new GetBucketCorsCommand({ Bucket: 'media' }));
    expect(cors.CORSRules?.[0]).toMatchObject({ AllowedMethods: ['GET', 'HEAD'], AllowedOrigins: ['*'] });
    client.destroy();
    await server.close();
    rmSync(dir, { recursive: true });
  });
});

function keys(schema: { AttributeName?: string | undefined; KeyType?: string | undefined }[] = []): string {
  return schema.map((key) => `${key.KeyType} ${key.AttributeName}`).join(', ');
}
