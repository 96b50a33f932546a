import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DeadLettersRepository } from '../dead-letters/dead-letters.repository.js';
import { isFinal, type JobState } from '../jobs/job.js';
import { JobFiguresRepository, type JobFigure } from '../jobs/job-figures.repository.js';
import { Metrics, type LabeledValue } from '../metrics/metrics.js';
import { MessageQueue } from '../queue/message-queue.js';

const BY_MODEL = ['media_type', 'model'];

/** Adds the figures of the whole service to the metrics: those of jobs are PostgreSQL's, the same in each API. */
@Injectable()
export class ServiceFigures implements OnModuleInit {
  private reading: Promise<JobFigure[]> | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly jobs: JobFiguresRepository,
    private readonly queue: MessageQueue,
    private readonly letters: DeadLettersRepository,
  ) {}

  onModuleInit(): void {
    this.countJobs('started', 'Jobs accepted, of the whole service', () => true);
    for (const outcome of ['completed', 'failed', 'canceled'] as const) {
      this.countJobs(outcome, `Jobs ${outcome}, of the whole service`, (state) => state === outcome);
    }
    this.lookUp('vsl_jobs_processing_seconds_total', 'What completed jobs took together', true, (figures) =>
      sumByModel(figures, ({ state, seconds }) => (state === 'completed' ? seconds : 0)),
    );
    this.lookUp('vsl_jobs_open', 'Jobs that have not ended', false, (figures) =>
      sumByModel(figures, ({ state, jobs }) => (isFinal(state) ? 0 : jobs)),
    );
    this.lookUpOthers();
  }

  private countJobs(name: string, help: string, counts: (state: JobState) => boolean): void {
    this.lookUp(`vsl_jobs_${name}_total`, help, true, (figures) =>
      sumByModel(figures, ({ state, jobs }) => (counts(state) ? jobs : 0)),
    );
  }

  private lookUp(
    name: string,
    help: string,
    total: boolean,
    values: (figures: JobFigure[]) => LabeledValue[],
  ): void {
    this.metrics.lookUp({ name, help, total, labels: BY_MODEL }, async () => values(await this.figures()));
  }

  /** One reading serves all figures that are asked for at once. */
  private figures(): Promise<JobFigure[]> {
    this.reading ??= this.jobs.all().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private lookUpOthers(): void {
    this.metrics.lookUp(
      { name: 'vsl_oldest_open_job_seconds', help: 'Age of the oldest job that has not ended', labels: [] },
      async () => [[{}, await this.jobs.oldestOpenSeconds()]],
    );
    this.metrics.lookUp(
      { name: 'vsl_dead_letters', help: 'Messages given up that were not sent anew', labels: ['message'] },
      async () => (await this.letters.waiting()).map(({ name, letters }) => [{ message: name }, letters]),
    );
    this.metrics.lookUp(
      { name: 'vsl_queue_messages', help: 'Messages in the queues', labels: ['message', 'state'] },
      async () =>
        (await this.queue.depths()).map(({ name, state, messages }) => [{ message: name, state }, messages]),
    );
  }
}

function sumByModel(figures: JobFigure[], value: (figure: JobFigure) => number): LabeledValue[] {
  const sums = new Map<string, LabeledValue>();
  for (const figure of figures) {
    const { mediaType, modelId } = figure;
    const key = `${mediaType} ${modelId}`;
    const sum = sums.get(key)?.[1] ?? 0;
    sums.set(key, [{ media_type: mediaType, model: modelId }, sum + value(figure)]);
  }
  return [...sums.values()];
}
