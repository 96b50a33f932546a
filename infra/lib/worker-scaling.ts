import type { CfnScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';

/** Namespace of the service's own metrics, and the waiting messages of all queues as each worker reports them. */
export const NAMESPACE = 'VSL/MediaGeneration';
export const BACKLOG_METRIC = 'QueueBacklog';

/** Messages that may wait for each running task: what it gets done in about a minute. */
const BACKLOG_PER_TASK = 20;

/** Keeps as many workers as the backlog needs. It is metric math, which CDK's own scaling does not take. */
export function scaleOnBacklog(
  service: FargateService,
  options: { min: number; max: number; stage: string; clusterName: string },
): void {
  const scaling = service.autoScaleTaskCount({ minCapacity: options.min, maxCapacity: options.max });
  const target = scaling.node.findChild('Target').node.defaultChild as CfnScalableTarget;
  new CfnScalingPolicy(service, 'BacklogPerTask', {
    policyName: `${service.node.addr}-backlog-per-task`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: BACKLOG_PER_TASK,
      scaleOutCooldown: 60,
      scaleInCooldown: 300,
      customizedMetricSpecification: {
        metrics: [
          // All workers report the same queues: the highest of their figures counts.
          metric('backlog', NAMESPACE, BACKLOG_METRIC, 'Maximum', { Stage: options.stage }),
          metric('running', 'ECS/ContainerInsights', 'RunningTaskCount', 'Average', {
            ClusterName: options.clusterName,
            ServiceName: service.serviceName,
          }),
          { id: 'perTask', expression: 'FILL(backlog,0)/IF(running<1,1,running)', returnData: true },
        ],
      },
    },
  });
}

function metric(
  id: string,
  namespace: string,
  metricName: string,
  stat: string,
  dimensions: Record<string, string>,
) {
  return {
    id,
    returnData: false,
    metricStat: {
      stat,
      metric: {
        namespace,
        metricName,
        dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
      },
    },
  };
}
