import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acceptWildcards } from './accepted-findings.ts';
import { appTask } from './app-container.ts';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { MEDIA_FOLDERS, mediaBucketName } from './media-bucket.ts';
import type { NetworkStack } from './network-stack.ts';

interface ReleaseProps extends StackProps {
  deployment: Deployment;
  network: NetworkStack;
  data: DataStack;
}

const NODE = ['node', '--enable-source-maps'];

/** The tasks of one image. Deployed before the services, so that its migration can run in between. */
export class ReleaseStack extends Stack {
  readonly cluster: ecs.Cluster;
  readonly api: ecs.FargateTaskDefinition;
  readonly worker: ecs.FargateTaskDefinition;

  constructor(scope: Construct, id: string, { deployment, network, data, ...props }: ReleaseProps) {
    super(scope, id, props);
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
      enableFargateCapacityProviders: true,
    });
    const image = ecs.ContainerImage.fromEcrRepository(data.repository, deployment.imageTag);
    const database = { DATABASE_URL: ecs.Secret.fromSecretsManager(data.connections, 'DATABASE_URL') };
    const shared = {
      image,
      environment: environment(deployment, data),
      secrets: { ...database, ...secrets(data) },
    };
    this.api = appTask(this, {
      ...shared,
      role: 'api',
      command: [...NODE, 'dist/src/main.js'],
      cpu: 512,
      memoryMiB: 1024,
      stopSeconds: 40,
      port: 3000,
      healthCheck: true,
    });
    this.worker = appTask(this, {
      ...shared,
      role: 'worker',
      command: [...NODE, 'dist/src/worker.js'],
      cpu: 2048,
      memoryMiB: 4096,
      diskGiB: 60,
      stopSeconds: 110,
      healthCheck: true,
    });
    const migrate = appTask(this, {
      image,
      environment: {},
      secrets: database,
      role: 'migrate',
      command: [...NODE, 'dist/src/migrate.js'],
      cpu: 256,
      memoryMiB: 512,
      stopSeconds: 30,
      healthCheck: false,
    });
    for (const task of [this.api, this.worker]) allowData(task, deployment, data);
    this.outputs({
      ClusterName: this.cluster.clusterName,
      MigrateTask: migrate.taskDefinitionArn,
      TaskSubnets: network.vpc.privateSubnets.map(({ subnetId }) => subnetId).join(','),
      TaskSecurityGroup: network.tasks.securityGroupId,
    });
  }

  private outputs(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}

function environment(
  { stage, region, domainName, mediaUrls }: Deployment,
  data: DataStack,
): Record<string, string> {
  return {
    STAGE: stage,
    AWS_REGION: region,
    AUTH_REQUIRED: 'true',
    WEBHOOK_BASE_URL: `https://${domainName}`,
    S3_BUCKET: data.media.bucketName,
    MEDIA_URLS: mediaUrls,
    ...(data.mediaBaseUrl === undefined ? {} : { S3_PUBLIC_BASE_URL: data.mediaBaseUrl }),
    DYNAMODB_TABLE: data.table.tableName,
  };
}

function secrets({ connections, application }: DataStack): Record<string, ecs.Secret> {
  const own = ['REPLICATE_API_TOKEN', 'REPLICATE_WEBHOOK_SECRET', 'ADMIN_API_KEY'];
  return {
    REDIS_URL: ecs.Secret.fromSecretsManager(connections, 'REDIS_URL'),
    ...Object.fromEntries(own.map((name) => [name, ecs.Secret.fromSecretsManager(application, name)])),
  };
}

/** The named actions that API and worker use: objects below the media folders, the one table. */
function allowData(task: ecs.FargateTaskDefinition, deployment: Deployment, { table }: DataStack): void {
  const allow = (actions: string[], resources: string[]) =>
    task.addToTaskRolePolicy(new iam.PolicyStatement({ actions, resources }));
  const bucketArn = `arn:aws:s3:::${mediaBucketName(deployment, deployment.region)}`;
  const objects = [...MEDIA_FOLDERS, 'temp'].map((folder) => `${bucketArn}/${folder}/*`);
  allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], objects);
  allow(['s3:ListBucket'], [bucketArn]);
  allow(['dynamodb:DescribeTable', 'dynamodb:PutItem', 'dynamodb:Query'], [table.tableArn]);
  acceptWildcards(task, objects);
}
