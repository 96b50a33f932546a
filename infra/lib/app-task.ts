import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { accept, acceptWildcards } from './accepted-findings.ts';

/** What one role of the image takes. */
export interface AppTask {
  role: 'api' | 'worker' | 'migrate';
  command: string[];
  image: ecs.ContainerImage;
  cpu: number;
  memoryMiB: number;
  /** Disk for media that is worked on, 21 to 200 GiB. */
  diskGiB?: number;
  environment: Record<string, string>;
  secrets: Record<string, ecs.Secret>;
  /** Seconds from SIGTERM to SIGKILL, 120 at most. */
  stopSeconds: number;
  port?: number;
  /** Whether ECS asks the image's health check; the API is asked by the load balancer as well. */
  healthCheck: boolean;
}

/** A Fargate task of the image: no root, a read-only root file system, /tmp on the task's own disk. */
export function appTask(scope: Construct, task: AppTask): ecs.FargateTaskDefinition {
  const definition = new ecs.FargateTaskDefinition(scope, `${task.role}-task`, {
    cpu: task.cpu,
    memoryLimitMiB: task.memoryMiB,
    ephemeralStorageGiB: task.diskGiB,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64 },
    // The image declares /tmp as a volume, whose mode Fargate takes over.
    volumes: [{ name: 'temp' }],
  });
  const logGroup = new logs.LogGroup(scope, `${task.role}-logs`, {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const container = definition.addContainer(task.role, {
    image: task.image,
    command: task.command,
    user: '1000:1000',
    readonlyRootFilesystem: true,
    environment: task.environment,
    secrets: task.secrets,
    stopTimeout: Duration.seconds(task.stopSeconds),
    portMappings: task.port === undefined ? [] : [{ containerPort: task.port }],
    logging: ecs.LogDrivers.awsLogs({
      logGroup,
      streamPrefix: task.role,
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
    }),
    // ECS does not read the image's own health check.
    healthCheck: task.healthCheck
      ? {
          command: ['CMD', 'node', 'docker/health-check.mjs'],
          interval: Duration.seconds(10),
          timeout: Duration.seconds(5),
          startPeriod: Duration.seconds(60),
          retries: 3,
        }
      : undefined,
    linuxParameters: dropCapabilities(scope, task.role),
  });
  container.addMountPoints({ containerPath: '/tmp', sourceVolume: 'temp', readOnly: false });
  accept(definition, 'AwsSolutions-ECS2');
  // ecr:GetAuthorizationToken takes no resource.
  acceptWildcards(definition, ['*']);
  return definition;
}

function dropCapabilities(scope: Construct, role: string): ecs.LinuxParameters {
  const parameters = new ecs.LinuxParameters(scope, `${role}-linux`);
  parameters.dropCapabilities(ecs.Capability.ALL);
  return parameters;
}
