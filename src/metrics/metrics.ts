import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EmbeddedMetrics, type EmbeddedLine } from './embedded-metrics.js';

/** How a job ended. */
export type JobOutcome = 'completed' | 'failed' | 'canceled';

/** What a job's figures are told apart by. */
export interface JobKind {
  mediaType: string;
  modelId: string;
}

/** A figure that is looked up when it is asked for: its value for each set of labels. */
export interface LookedUp {
  name: string;
  help: string;
  labels: string[];
  /** Whether it only ever grows. */
  total?: boolean;
}

/** A figure's labels and its value. */
export type LabeledValue = [labels: Record<string, string>, value: number];

const ANSWER_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const UPLOAD_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const JOB_SECONDS = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];

/**
 * What this process counts and times: for Prometheus since its start, for CloudWatch since it was last told. Labels have
 * few values: no job and no user is one.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly embedded = new EmbeddedMetrics();
  private readonly tellers: ((embedded: EmbeddedMetrics) => void)[] = [];

  private readonly processingTime = this.histogram(
    'vsl_processing_time_seconds',
    'From the acceptance of a job to its end, by the worker that ended it',
    JOB_SECONDS,
    ['media_type', 'model'],
  );
  private readonly webhookLatency = this.histogram(
    'vsl_webhook_latency_seconds',
    'From the arrival of a webhook to its effect, by the worker that applied it',
    ANSWER_SECONDS,
  );
  private readonly uploadTime = this.histogram(
    'vsl_s3_upload_time_seconds',
    'Storing one object in S3',
    UPLOAD_SECONDS,
  );
  private readonly writeTime = this.histogram(
    'vsl_database_write_time_seconds',
    'One writing statement in PostgreSQL, transactions apart',
    ANSWER_SECONDS,
  );
  private readonly givenUp = new Counter({
    name: 'vsl_messages_given_up_total',
    help: 'Messages that became dead letters',
    labelNames: ['message'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  jobStarted({ mediaType }: JobKind): void {
    this.embedded.count('JobsStarted', mediaType);
  }

  jobEnded({ mediaType, modelId }: JobKind, outcome: JobOutcome, ms: number): void {
    this.processingTime.observe({ media_type: mediaType, model: modelId }, ms / 1_000);
    if (outcome === 'canceled') return;
    this.embedded.count(outcome === 'completed' ? 'JobsCompleted' : 'JobsFailed', mediaType);
    this.embedded.time('ProcessingTime', ms, mediaType);
  }

  webhookApplied(ms: number): void {
    this.webhookLatency.observe(ms / 1_000);
    this.embedded.time('WebhookLatency', ms);
  }

  objectStored(ms: number): void {
    this.uploadTime.observe(ms / 1_000);
    this.embedded.time('S3UploadTime', ms);
  }

  databaseWritten(ms: number): void {
    this.writeTime.observe(ms / 1_000);
    this.embedded.time('DatabaseWriteTime', ms);
  }

  messageGivenUp(message: string): void {
    this.givenUp.inc({ message });
    this.embedded.count('DeadLetters');
  }

  /** Has something more told to CloudWatch whenever it is told the rest. */
  whenTold(tell: (embedded: EmbeddedMetrics) => void): void {
    this.tellers.push(tell);
  }

  /** What is to be told to CloudWatch now, none of it twice. */
  drain(stage: string): EmbeddedLine[] {
    for (const tell of this.tellers) tell(this.embedded);
    return this.embedded.drain(stage);
  }

  /** Has a figure looked up whenever the metrics are read; one that cannot be had then is left out. */
  lookUp({ name, help, labels, total = false }: LookedUp, values: () => Promise<LabeledValue[]>): void {
    const figure = total ? Counter : Gauge;
    new figure({
      name,
      help,
      labelNames: labels,
      registers: [this.registry],
      async collect() {
        const found = await values().catch((): LabeledValue[] => []);
        // In one turn: of two scrapes at once each sets the figure anew, and neither adds to the other's.
        this.reset();
        for (const [label, value] of found) this.inc(label, value);
      },
    });
  }

  private histogram(name: string, help: string, buckets: number[], labelNames: string[] = []) {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }
}
