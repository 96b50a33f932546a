import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accept } from './accepted-findings.ts';
import type { Deployment } from './deployment.ts';

/** The first part of every key under which media lies; `temp` beside them is emptied after a day. */
export const MEDIA_FOLDERS = ['image', 'video', 'audio', 'compiled'];

/** How old media is when it moves to the archive. */
export const ARCHIVE_AFTER_DAYS = 90;

/** The bucket's name in one of the deployment's regions. */
export function mediaBucketName({ stage }: Deployment, region: string): string {
  return `vsl-media-${stage}-${Aws.ACCOUNT_ID}-${region}`;
}

/** The rules of the media bucket: temporary files go after a day, media moves to an archive that still answers at once. */
function lifecycleRules(): s3.LifecycleRule[] {
  const archive = MEDIA_FOLDERS.map((folder) => ({
    id: `archive-${folder}`,
    prefix: `${folder}/`,
    transitions: [
      {
        storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
        transitionAfter: Duration.days(ARCHIVE_AFTER_DAYS),
      },
    ],
  }));
  return [
    { id: 'expire-temp', prefix: 'temp/', expiration: Duration.days(1) },
    {
      id: 'tidy',
      abortIncompleteMultipartUploadAfter: Duration.days(1),
      noncurrentVersionExpiration: Duration.days(30),
    },
    ...archive,
  ];
}

const protectedBucket = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  encryption: s3.BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
} satisfies s3.BucketProps;

/** A bucket for access logs, kept 30 days. */
export function logBucket(scope: Construct): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    ...protectedBucket,
    // CloudFront and S3 deliver logs by access-control list.
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ expiration: Duration.days(30) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  accept(bucket, 'AwsSolutions-S1');
  return bucket;
}

/** The media bucket, or its copy in a second region. Versions are kept 30 days, which replication needs anyway. */
export function mediaBucket(
  scope: Construct,
  props: { name: string; logs: s3.IBucket; replicateTo?: s3.IBucket },
): s3.Bucket {
  return new s3.Bucket(scope, 'Media', {
    ...protectedBucket,
    bucketName: props.name,
    versioned: true,
    lifecycleRules: lifecycleRules(),
    cors: [
      {
        allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.HEAD],
        allowedOrigins: ['*'],
        allowedHeaders: ['*'],
        exposedHeaders: ['ETag', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
        maxAge: 3600,
      },
    ],
    serverAccessLogsBucket: props.logs,
    serverAccessLogsPrefix: 'media/',
    replicationRules: props.replicateTo && [
      { id: 'second-region', priority: 1, destination: props.replicateTo, deleteMarkerReplication: true },
    ],
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
