import { S3Client } from '@aws-sdk/client-s3';

/** A bucket and how it is reached. */
export interface BucketOptions {
  bucket: string;
  region: string;
  /** An S3 of one's own, addressed by path; AWS when absent. */
  endpoint?: string;
  /** The SDK's own chain (environment, task role) when absent. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The longest silence of a connection; above the 30 s that a slow source may keep a streamed upload waiting. */
const IDLE_TIMEOUT_MS = 60_000;

/** The SDK would print to the console what the thrown error says already. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export function createS3Client({ region, endpoint, credentials }: BucketOptions): S3Client {
  return new S3Client({
    region,
    endpoint,
    credentials,
    forcePathStyle: endpoint !== undefined,
    maxAttempts: 3,
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
  });
}

function ignore(): void {}
