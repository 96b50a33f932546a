import { Duration, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import {
  type ApplicationLoadBalancer,
  type ApplicationTargetGroup,
  HttpCodeTarget,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { BACKLOG_METRIC, NAMESPACE } from './worker-scaling.ts';

interface Watched {
  deployment: Deployment;
  balancer: ApplicationLoadBalancer;
  targets: ApplicationTargetGroup;
  api: FargateService;
  worker: FargateService;
  data: DataStack;
}

interface Watch {
  metric: cloudwatch.Metric;
  threshold: number;
  /** Minutes in a row that the threshold must be passed. */
  minutes: number;
  below?: boolean;
  /** Whether silence is as bad as a bad figure. */
  silenceIsBad?: boolean;
}

const MINUTE = Duration.minutes(1);
const GIGABYTE = 1_000_000_000;

/** Alarms to one topic, and a dashboard of the same figures. */
export function addAlarms(stack: Stack, watched: Watched): void {
  const topic = new sns.Topic(stack, 'Alarms', { enforceSSL: true });
  const { alarmEmail, stage } = watched.deployment;
  if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
  const dashboard = new cloudwatch.Dashboard(stack, 'Dashboard', { dashboardName: `vsl-media-${stage}` });
  for (const [name, watch] of Object.entries(watches(watched))) {
    const alarm = watch.metric.createAlarm(stack, `${name}Alarm`, {
      threshold: watch.threshold,
      evaluationPeriods: watch.minutes,
      comparisonOperator: watch.below
        ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        : cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: watch.silenceIsBad
        ? cloudwatch.TreatMissingData.BREACHING
        : cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    dashboard.addWidgets(new cloudwatch.GraphWidget({ title: name, left: [watch.metric], width: 8 }));
  }
  dashboard.addWidgets(...serviceGraphs(stage));
}

/** What the service does, that no alarm watches. */
function serviceGraphs(stage: string): cloudwatch.GraphWidget[] {
  const graph = (title: string, statistic: string, ...names: string[]) =>
    new cloudwatch.GraphWidget({
      title,
      left: names.map((name) => ownMetric(stage, name, statistic)),
      width: 8,
    });
  return [
    graph('Jobs', 'Sum', 'JobsStarted', 'JobsCompleted', 'JobsFailed'),
    graph('Processing time, p95', 'p95', 'ProcessingTime'),
    graph('Latencies, p95', 'p95', 'WebhookLatency', 'S3UploadTime', 'DatabaseWriteTime'),
    graph('Cache hit rate', 'Average', 'CacheHitRate'),
  ];
}

function ownMetric(stage: string, metricName: string, statistic: string): cloudwatch.Metric {
  const dimensionsMap = { Stage: stage };
  return new cloudwatch.Metric({
    namespace: NAMESPACE,
    metricName,
    statistic,
    period: MINUTE,
    dimensionsMap,
  });
}

function watches({ deployment, balancer, targets, api, worker, data }: Watched): Record<string, Watch> {
  const sum = { period: MINUTE, statistic: 'Sum' };
  const highest = { period: MINUTE, statistic: 'Maximum' };
  const own = (name: string, statistic: string) => ownMetric(deployment.stage, name, statistic);
  const running = (service: FargateService) =>
    new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights',
      metricName: 'RunningTaskCount',
      statistic: 'Minimum',
      period: MINUTE,
      dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
    });
  const cache = (metricName: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/ElastiCache',
      metricName,
      statistic: 'Maximum',
      period: MINUTE,
      dimensionsMap: { ReplicationGroupId: data.cache.ref },
    });
  const { database, table } = data;
  const throttled = (metricName: string) => table.metric(metricName, sum);
  return {
    ServerErrors: {
      metric: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, sum),
      threshold: 5,
      minutes: 3,
    },
    UnansweredRequests: {
      metric: balancer.metrics.targetConnectionErrorCount(sum),
      threshold: 5,
      minutes: 3,
    },
    SlowAnswers: {
      metric: targets.metrics.targetResponseTime({ period: MINUTE, statistic: 'p95' }),
      threshold: 2,
      minutes: 10,
    },
    UnhealthyTasks: { metric: targets.metrics.unhealthyHostCount(highest), threshold: 0, minutes: 5 },
    ApiTasks: {
      metric: running(api),
      threshold: deployment.size.api.min,
      minutes: 5,
      below: true,
      silenceIsBad: true,
    },
    WorkerTasks: {
      metric: running(worker),
      threshold: deployment.size.worker.min,
      minutes: 5,
      below: true,
      silenceIsBad: true,
    },
    Backlog: { metric: own(BACKLOG_METRIC, 'Maximum'), threshold: 1_000, minutes: 10, silenceIsBad: true },
    // Every model's jobs end within the hour that the provider keeps outputs.
    OldestJob: { metric: own('OldestJobAge', 'Maximum'), threshold: 3_600, minutes: 5 },
    DeadLetters: { metric: own('DeadLetters', 'Sum'), threshold: 0, minutes: 1 },
    FailedJobs: { metric: own('JobsFailed', 'Sum'), threshold: 20, minutes: 5 },
    DatabaseCpu: { metric: database.metricCPUUtilization({ period: MINUTE }), threshold: 85, minutes: 10 },
    DatabaseStorage: {
      metric: database.metricFreeStorageSpace({ period: MINUTE, statistic: 'Minimum' }),
      threshold: 10 * GIGABYTE,
      minutes: 5,
      below: true,
    },
    DatabaseConnections: { metric: database.metricDatabaseConnections(highest), threshold: 150, minutes: 5 },
    CacheMemory: { metric: cache('DatabaseMemoryUsagePercentage'), threshold: 75, minutes: 5 },
    CacheEvictions: { metric: cache('Evictions'), threshold: 0, minutes: 1 },
    TableReadsThrottled: { metric: throttled('ReadThrottleEvents'), threshold: 10, minutes: 5 },
    TableWritesThrottled: { metric: throttled('WriteThrottleEvents'), threshold: 10, minutes: 5 },
  };
}
