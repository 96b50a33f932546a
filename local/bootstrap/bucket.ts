import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  type BucketLocationConstraint,
  type S3Client,
} from '@aws-sdk/client-s3';

const PUBLIC_FOLDERS = ['image', 'video', 'audio', 'compiled'];

/** How a bucket is made: with `publicRead` everybody may read the media (never `temp/`). */
export interface BucketOptions {
  region: string;
  publicRead: boolean;
}

/**
 * Makes the media bucket unless it is there, then sets who may read it, from which pages (CORS), and that `temp/`
 * and abandoned uploads go after a day. Running it again changes nothing.
 */
export async function ensureBucket(client: S3Client, bucket: string, options: BucketOptions): Promise<void> {
  if (!(await bucketExists(client, bucket))) await create(client, bucket, options.region);
  if (options.publicRead) {
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: publicReadPolicy(bucket) }));
  }
  await client.send(new PutBucketLifecycleConfigurationCommand(lifecycle(bucket)));
  await client.send(new PutBucketCorsCommand(cors(bucket)));
}

/** Whether the bucket is there and ours to see. */
export async function bucketExists(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'NotFound' || (error as Error).name === 'NoSuchBucket') return false;
    throw error;
  }
}

async function create(client: S3Client, bucket: string, region: string): Promise<void> {
  // us-east-1 is the one region that must not be named (S3 API, CreateBucket).
  const elsewhere = { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, ...(region === 'us-east-1' ? {} : elsewhere) }),
    );
  } catch (error) {
    // Another bootstrap was quicker.
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}

function publicReadPolicy(bucket: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'PublicReadOfMedia',
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: PUBLIC_FOLDERS.map((folder) => `arn:aws:s3:::${bucket}/${folder}/*`),
      },
    ],
  });
}

function lifecycle(bucket: string) {
  return {
    Bucket: bucket,
    LifecycleConfiguration: {
      Rules: [
        {
          ID: 'expire-temp',
          Status: 'Enabled' as const,
          Filter: { Prefix: 'temp/' },
          Expiration: { Days: 1 },
        },
        {
          ID: 'abort-abandoned-uploads',
          Status: 'Enabled' as const,
          Filter: { Prefix: '' },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    },
  };
}

function cors(bucket: string) {
  return {
    Bucket: bucket,
    CORSConfiguration: {
      CORSRules: [
        {
          AllowedMethods: ['GET', 'HEAD'],
          AllowedOrigins: ['*'],
          AllowedHeaders: ['*'],
          ExposeHeaders: ['ETag', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
          MaxAgeSeconds: 3600,
        },
      ],
    },
  };
}
