// Makes the bucket and the table on the S3 and DynamoDB servers that the variables name; what is there stays as it is.
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { ensureBucket } from '../dist/local/bootstrap/bucket.js';
import { ensureTable } from '../dist/local/bootstrap/table.js';

const READY_TIMEOUT_MS = 60_000;
const { AWS_REGION, DYNAMODB_ENDPOINT, DYNAMODB_TABLE, S3_BUCKET, S3_ENDPOINT } = process.env;

/** Servers that are still starting refuse connections: asks again for a minute. */
async function onceUp(name, make) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await make();
      return console.log(`${name} is there`);
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`${name} cannot be made: ${error.message}`, { cause: error });
      await delay(500);
    }
  }
}

const s3 = new S3Client({ endpoint: S3_ENDPOINT, region: AWS_REGION, forcePathStyle: true });
const dynamodb = new DynamoDBClient({ endpoint: DYNAMODB_ENDPOINT, region: AWS_REGION });
const bucketOptions = { region: AWS_REGION, publicRead: true };

await onceUp(`bucket ${S3_BUCKET}`, () => ensureBucket(s3, S3_BUCKET, bucketOptions));
await onceUp(`table ${DYNAMODB_TABLE}`, () => ensureTable(dynamodb, DYNAMODB_TABLE));
