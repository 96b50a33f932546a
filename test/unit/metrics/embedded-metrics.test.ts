import { EmbeddedMetrics } from '../../../src/metrics/embedded-metrics.js';

const NOW = 1_767_323_045_006;

describe('metrics in CloudWatch’s embedded format', () => {
  it('are one line for what has no media type, with numbers at its root and the stage as dimension', () => {
    const metrics = new EmbeddedMetrics();
    metrics.count('DeadLetters');
    metrics.count('DeadLetters');
    metrics.time('WebhookLatency', 12.5);
    metrics.set('CacheHitRate', 'Percent', 75);
    expect(metrics.drain('staging', NOW)).toEqual([
      {
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: 'VSL/MediaGeneration',
              Dimensions: [['Stage']],
              Metrics: [
                { Name: 'DeadLetters', Unit: 'Count' },
                { Name: 'WebhookLatency', Unit: 'Milliseconds' },
                { Name: 'CacheHitRate', Unit: 'Percent' },
              ],
            },
          ],
        },
        Stage: 'staging',
        DeadLetters: 2,
        WebhookLatency: 12.5,
        CacheHitRate: 75,
      },
    ]);
  });

  it('of jobs are a line for each media type, that counts for all of them too', () => {
    const metrics = new EmbeddedMetrics();
    metrics.count('JobsCompleted', 'image');
    metrics.count('JobsCompleted', 'video');
    metrics.time('ProcessingTime', 40_000, 'video');
    metrics.time('ProcessingTime', 50_000, 'video');
    const lines = metrics.drain('prod', NOW);
    expect(lines).toMatchObject([
      { MediaType: 'image', JobsCompleted: 1 },
      { MediaType: 'video', JobsCompleted: 1, ProcessingTime: [40_000, 50_000] },
    ]);
    expect(lines[0]).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Dimensions: [['Stage'], ['Stage', 'MediaType']] }] },
    });
  });

  it('give a hundred of many times, drawn from all of them', () => {
    const metrics = new EmbeddedMetrics();
    for (let ms = 1; ms <= 10_000; ms += 1) metrics.time('DatabaseWriteTime', ms);
    const [line] = metrics.drain('prod', NOW);
    const values = line!.DatabaseWriteTime as number[];
    expect(values).toHaveLength(100);
    expect(Math.max(...values)).toBeGreaterThan(100);
  });

  it('are told once', () => {
    const metrics = new EmbeddedMetrics();
    metrics.count('JobsFailed', 'audio');
    metrics.drain('prod', NOW);
    expect(metrics.drain('prod', NOW)).toEqual([]);
  });
});
