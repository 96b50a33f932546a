import type { Settings } from '../../../src/config/settings.js';
import { QueueBacklog } from '../../../src/health/queue-backlog.js';
import type { JobFiguresRepository } from '../../../src/jobs/job-figures.repository.js';
import { Logger } from '../../../src/logging/logger.js';
import type { MessageQueue } from '../../../src/queue/message-queue.js';

async function report(stage: string): Promise<string[]> {
  const lines: string[] = [];
  const logger = new Logger('info', { write: (line) => lines.push(line) });
  const queue = { waiting: async () => 12 } as MessageQueue;
  const jobs = { oldestOpenSeconds: async () => 90.5 } as JobFiguresRepository;
  await new QueueBacklog(queue, jobs, { stage } as Settings, logger).run();
  return lines;
}

describe('The backlog of the queues', () => {
  it('is one line in the embedded metric format, with the stage as its only dimension', async () => {
    const lines = await report('staging');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'VSL/MediaGeneration',
            Dimensions: [['Stage']],
            Metrics: [
              { Name: 'QueueBacklog', Unit: 'Count' },
              { Name: 'OldestJobAge', Unit: 'Seconds' },
            ],
          },
        ],
      },
      Stage: 'staging',
      QueueBacklog: 12,
      OldestJobAge: 90.5,
    });
  });

  it('is not told on a local stage', async () => {
    expect(await report('local')).toEqual([]);
  });
});
