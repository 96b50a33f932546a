import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { appImage, databaseSecret, program, TRUST } from './app-settings.ts';
import { appTask } from './app-task.ts';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import type { NetworkStack } from './network-stack.ts';

interface ReleaseProps extends StackProps {
  deployment: Deployment;
  network: NetworkStack;
  data: DataStack;
}

/**
 * The cluster, and the migration of a new image as a task: deployed and run before the services. Nothing that changes
 * with an image is handed on from here, since a stack cannot change what another one imports.
 */
export class ReleaseStack extends Stack {
  readonly cluster: ecs.Cluster;

  constructor(scope: Construct, id: string, { deployment, network, data, ...props }: ReleaseProps) {
    super(scope, id, props);
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
      enableFargateCapacityProviders: true,
    });
    const migrate = appTask(this, {
      role: 'migrate',
      image: appImage(deployment, data),
      command: program('migrate'),
      environment: TRUST,
      secrets: databaseSecret(data),
      cpu: 256,
      memoryMiB: 512,
      stopSeconds: 30,
      healthCheck: false,
    });
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
