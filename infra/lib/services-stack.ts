import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { addAlarms } from './alarms.ts';
import { allowData, appEnvironment, appImage, appSecrets, program } from './app-settings.ts';
import { appTask } from './app-task.ts';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { saveLogQueries } from './log-queries.ts';
import type { NetworkStack } from './network-stack.ts';
import type { ReleaseStack } from './release-stack.ts';
import { scaleOnBacklog } from './worker-scaling.ts';

interface ServicesProps extends StackProps {
  deployment: Deployment;
  network: NetworkStack;
  data: DataStack;
  release: ReleaseStack;
}

/** What runs: the API behind its load balancer, the worker, their scaling and alarms. */
export class ServicesStack extends Stack {
  private readonly deployment: Deployment;
  private readonly network: NetworkStack;
  private readonly release: ReleaseStack;

  constructor(scope: Construct, id: string, { deployment, network, data, release, ...props }: ServicesProps) {
    super(scope, id, props);
    this.deployment = deployment;
    this.network = network;
    this.release = release;
    const balancer = this.makeBalancer(data);
    const [apiTask, workerTask] = this.makeTasks(data);
    const api = this.makeApi(apiTask);
    const targets = this.listen(balancer, api);
    this.scaleApi(api, targets);
    const worker = this.makeWorker(workerTask);
    scaleOnBacklog(worker, {
      ...deployment.size.worker,
      stage: deployment.stage,
      clusterName: release.cluster.clusterName,
    });
    const logGroups = ['api-logs', 'worker-logs'].map((name) => this.node.findChild(name) as LogGroup);
    saveLogQueries(this, deployment.stage, logGroups);
    addAlarms(this, { deployment, balancer, targets, api, worker, data });
    new CfnOutput(this, 'BalancerName', { value: balancer.loadBalancerDnsName });
  }

  private makeBalancer(data: DataStack): elb.ApplicationLoadBalancer {
    const balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', {
      vpc: this.network.vpc,
      internetFacing: true,
      securityGroup: this.network.balancer,
      dropInvalidHeaderFields: true,
      deletionProtection: this.deployment.size.durable,
      // Longer than the longest answer: an event stream beats every 15 s, `Prefer: wait` takes 60 s at most.
      idleTimeout: Duration.seconds(75),
    });
    balancer.logAccessLogs(data.logs, 'balancer');
    return balancer;
  }

  private makeTasks(data: DataStack): [api: ecs.FargateTaskDefinition, worker: ecs.FargateTaskDefinition] {
    const shared = {
      image: appImage(this.deployment, data),
      environment: appEnvironment(this.deployment, data),
      secrets: appSecrets(data),
      healthCheck: true,
    };
    const api = appTask(this, {
      ...shared,
      role: 'api',
      command: program('main'),
      cpu: 512,
      memoryMiB: 1024,
      stopSeconds: 40,
      port: 3000,
    });
    const worker = appTask(this, {
      ...shared,
      role: 'worker',
      command: program('worker'),
      cpu: 2048,
      memoryMiB: 4096,
      diskGiB: 60,
      stopSeconds: 110,
    });
    for (const task of [api, worker]) allowData(task, this.deployment, data);
    return [api, worker];
  }

  private makeApi(taskDefinition: ecs.FargateTaskDefinition): ecs.FargateService {
    const { cluster } = this.release;
    return new ecs.FargateService(this, 'Api', {
      cluster,
      taskDefinition,
      desiredCount: this.deployment.size.api.min,
      securityGroups: [this.network.tasks],
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      healthCheckGracePeriod: Duration.seconds(60),
      circuitBreaker: { enable: true, rollback: true },
    });
  }

  private makeWorker(taskDefinition: ecs.FargateTaskDefinition): ecs.FargateService {
    const { cluster } = this.release;
    return new ecs.FargateService(this, 'Worker', {
      cluster,
      taskDefinition,
      desiredCount: this.deployment.size.worker.min,
      securityGroups: [this.network.tasks],
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      // One task always stays; what a reclaimed one was doing goes back to the queue.
      capacityProviderStrategies: [
        { capacityProvider: 'FARGATE', base: 1, weight: 1 },
        { capacityProvider: 'FARGATE_SPOT', weight: 3 },
      ],
    });
  }

  private listen(balancer: elb.ApplicationLoadBalancer, api: ecs.FargateService): elb.ApplicationTargetGroup {
    const listener = balancer.addListener('Https', {
      port: 443,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', this.deployment.certificateArn)],
      sslPolicy: elb.SslPolicy.RECOMMENDED_TLS,
    });
    balancer.addRedirect();
    return listener.addTargets('Targets', {
      port: 3000,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [api],
      // The API serves on for 5 s after it has said that it stops, and ends within its 40 s.
      deregistrationDelay: Duration.seconds(20),
      healthCheck: {
        path: '/health/ready',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(3),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
  }

  private scaleApi(api: ecs.FargateService, targetGroup: elb.ApplicationTargetGroup): void {
    const { min, max } = this.deployment.size.api;
    const scaling = api.autoScaleTaskCount({ minCapacity: min, maxCapacity: max });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });
    scaling.scaleOnRequestCount('Requests', { requestsPerTarget: 12_000, targetGroup });
  }
}
