import { QueryDefinition, QueryString, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Stack } from 'aws-cdk-lib';

/** What is asked of the logs again and again; `JOB`, `REQUEST` are put in by hand. */
const QUERIES: Record<string, { fields: string[]; filters: string[]; stats?: string; sort?: string }> = {
  'one-job': {
    fields: ['@timestamp', 'action', 'state', 'cause', 'duration', 'error', 'requestId', '@logStream'],
    filters: ['jobId = "JOB"'],
    sort: '@timestamp asc',
  },
  'one-request': {
    fields: ['@timestamp', 'action', 'path', 'status', 'jobId', 'state', 'duration', 'error'],
    filters: ['requestId = "REQUEST"'],
    sort: '@timestamp asc',
  },
  'failed-jobs': {
    fields: [],
    filters: ['action = "job-transition"', 'state = "failed"'],
    stats: 'count(*) as jobs, latest(error) as lastError by modelId, bin(1h)',
  },
  'processing-time': {
    fields: [],
    filters: ['action = "job-transition"', 'state = "completed"'],
    stats: 'count(*) as jobs, avg(duration) as meanMs, pct(duration, 95) as p95Ms by modelId',
  },
  'slow-requests': {
    fields: ['@timestamp', 'method', 'path', 'status', 'duration', 'requestId'],
    filters: ['action = "request"', 'duration > 1000'],
    sort: 'duration desc',
  },
  'dead-letters': {
    fields: ['@timestamp', 'message', 'deadLetterId', 'jobId', 'attempts', 'error'],
    filters: ['action = "message-given-up"'],
    sort: '@timestamp desc',
  },
  errors: {
    fields: ['@timestamp', 'action', 'error', 'jobId', 'requestId', '@logStream'],
    filters: ['level = "error"'],
    sort: '@timestamp desc',
  },
};

/** Saves the queries for CloudWatch Logs Insights, over the logs of API and worker. */
export function saveLogQueries(stack: Stack, stage: string, logGroups: ILogGroup[]): void {
  for (const [name, { fields, filters, stats, sort }] of Object.entries(QUERIES)) {
    new QueryDefinition(stack, `Query-${name}`, {
      queryDefinitionName: `vsl-media-${stage}/${name}`,
      queryString: new QueryString({
        ...(fields.length > 0 ? { fields } : {}),
        filterStatements: filters,
        ...(stats === undefined ? {} : { statsStatements: [stats] }),
        ...(sort === undefined ? {} : { sort, limit: 200 }),
      }),
      logGroups,
    });
  }
}
