import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { bucketExists, ensureBucket } from '../bootstrap/bucket.js';
import { ensureTable } from '../bootstrap/table.js';
import type { Agreement } from '../environment.js';

// Node 20 is supported with the SDK versions that are pinned: its notice about later ones is noise here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Makes the agreed table where it is missing. */
export async function prepareTable(endpoint: string, agreement: Agreement): Promise<void> {
  const client = new DynamoDBClient(clientOptions(endpoint, agreement));
  await ensureTable(client, agreement.table).finally(() => client.destroy());
}

/** Makes the agreed bucket where it is missing, and sets its rules. */
export async function prepareBucket(endpoint: string, agreement: Agreement): Promise<void> {
  const client = s3Client(endpoint, agreement);
  await ensureBucket(client, agreement.bucket, agreement).finally(() => client.destroy());
}

/** Makes the agreed bucket, rules included, only where it is missing: the rules of a given one are its owner's. */
export async function prepareGivenBucket(endpoint: string, agreement: Agreement): Promise<void> {
  const client = s3Client(endpoint, agreement);
  try {
    if (!(await bucketExists(client, agreement.bucket)))
      await ensureBucket(client, agreement.bucket, agreement);
  } finally {
    client.destroy();
  }
}

function s3Client(endpoint: string, agreement: Agreement): S3Client {
  return new S3Client({ ...clientOptions(endpoint, agreement), forcePathStyle: true });
}

function clientOptions(endpoint: string, { region, accessKeyId, secretAccessKey }: Agreement) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  };
}
