import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { acceptWildcards } from './accepted-findings.ts';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { ARCHIVE_AFTER_DAYS, MEDIA_FOLDERS, mediaBucketName } from './media-bucket.ts';

/** Amazon RDS has authorities of its own; a release downloads them into the image. */
export const TRUST = { NODE_EXTRA_CA_CERTS: '/app/docker/certificates/rds.pem' };

/** The image of this deployment. */
export function appImage({ imageTag }: Deployment, { repository }: DataStack): ecs.ContainerImage {
  return ecs.ContainerImage.fromEcrRepository(repository, imageTag);
}

/** How Node.js runs one of the image's programs. */
export function program(name: 'main' | 'worker' | 'migrate'): string[] {
  return ['node', '--enable-source-maps', `dist/src/${name}.js`];
}

/** The database's URL: all that the migration is given. */
export function databaseSecret({ connections }: DataStack): Record<string, ecs.Secret> {
  return { DATABASE_URL: ecs.Secret.fromSecretsManager(connections, 'DATABASE_URL') };
}

/** The variables of API and worker that are no secret. */
export function appEnvironment(
  { stage, region, domainName, mediaUrls }: Deployment,
  data: DataStack,
): Record<string, string> {
  return {
    ...TRUST,
    STAGE: stage,
    AWS_REGION: region,
    AUTH_REQUIRED: 'true',
    WEBHOOK_BASE_URL: `https://${domainName}`,
    S3_BUCKET: data.media.bucketName,
    MEDIA_URLS: mediaUrls,
    MEDIA_ARCHIVE_AFTER_DAYS: String(ARCHIVE_AFTER_DAYS),
    ...(data.mediaBaseUrl === undefined ? {} : { S3_PUBLIC_BASE_URL: data.mediaBaseUrl }),
    ...(data.mediaSigner && { CLOUDFRONT_KEY_PAIR_ID: data.mediaSigner.publicKey.publicKeyId }),
    DYNAMODB_TABLE: data.table.tableName,
  };
}

/** The variables of API and worker that are. */
export function appSecrets(data: DataStack): Record<string, ecs.Secret> {
  const own = ['REPLICATE_API_TOKEN', 'REPLICATE_WEBHOOK_SECRET', 'ADMIN_API_KEY'];
  const { connections, application, mediaSigner } = data;
  return {
    ...databaseSecret(data),
    REDIS_URL: ecs.Secret.fromSecretsManager(connections, 'REDIS_URL'),
    ...Object.fromEntries(own.map((name) => [name, ecs.Secret.fromSecretsManager(application, name)])),
    ...(mediaSigner && { CLOUDFRONT_PRIVATE_KEY: ecs.Secret.fromSecretsManager(mediaSigner.privateKey) }),
  };
}

/** The named actions that API and worker use: objects below the media folders, the one table. */
export function allowData(
  task: ecs.FargateTaskDefinition,
  deployment: Deployment,
  { table }: DataStack,
): void {
  const allow = (actions: string[], resources: string[]) =>
    task.addToTaskRolePolicy(new iam.PolicyStatement({ actions, resources }));
  const bucketArn = `arn:aws:s3:::${mediaBucketName(deployment, deployment.region)}`;
  const objects = [...MEDIA_FOLDERS, 'temp'].map((folder) => `${bucketArn}/${folder}/*`);
  allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], objects);
  allow(['s3:ListBucket'], [bucketArn]);
  allow(['dynamodb:DescribeTable', 'dynamodb:PutItem', 'dynamodb:Query'], [table.tableArn]);
  acceptWildcards(task, objects);
}
