import { Metrics, type LabeledValue } from '../../../src/metrics/metrics.js';
import { RequestDurations } from '../../../src/metrics/request-durations.js';

describe('the metrics of a process', () => {
  it('are Prometheus’ text, times in seconds', async () => {
    const metrics = new Metrics();
    metrics.jobEnded({ mediaType: 'image', modelId: 'flux-schnell' }, 'completed', 4_000);
    metrics.databaseWritten(3);
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      'vsl_processing_time_seconds_bucket{le="5",media_type="image",model="flux-schnell"} 1',
    );
    expect(text).toMatch(/^vsl_database_write_time_seconds_sum 0\.003$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('tell a canceled job as neither completed nor failed', () => {
    const metrics = new Metrics();
    metrics.jobEnded({ mediaType: 'image', modelId: 'flux-schnell' }, 'canceled', 4_000);
    expect(metrics.drain('prod')).toEqual([]);
  });

  it('have no figure that cannot be looked up, and all others', async () => {
    const metrics = new Metrics();
    const labels = ['a'];
    metrics.lookUp({ name: 'vsl_there', help: 'h', labels }, async () => [[{ a: 'b' }, 5]]);
    metrics.lookUp({ name: 'vsl_away', help: 'h', labels }, () => Promise.reject(new Error('away')));
    const text = await metrics.registry.metrics();
    expect(text).toContain('vsl_there{a="b"} 5');
    expect(text).not.toContain('vsl_away{');
  });

  it('that are looked up are the same in two answers at once', async () => {
    const metrics = new Metrics();
    const value = async (): Promise<LabeledValue[]> => [[{ a: 'b' }, 5]];
    metrics.lookUp({ name: 'vsl_gauge', help: 'h', labels: ['a'] }, value);
    metrics.lookUp({ name: 'vsl_total', help: 'h', labels: ['a'], total: true }, value);
    const texts = await Promise.all([metrics.registry.metrics(), metrics.registry.metrics()]);
    for (const text of texts)
      expect(text.match(/^vsl_(gauge|total)\{.*$/gm)).toEqual(['vsl_gauge{a="b"} 5', 'vsl_total{a="b"} 5']);
  });
});

describe('the durations of requests', () => {
  it('are cumulative histograms by route and status', async () => {
    const metrics = new Metrics();
    const route = new RequestDurations(metrics).of('GET', '/status/:jobId');
    for (const seconds of [0.0005, 0.004, 2, 90]) route.observe(200, seconds);
    route.observe(404, 0.1);
    const text = await metrics.registry.metrics();
    const sample = (le: string, value: number) =>
      `_bucket{method="GET",route="/status/:jobId",status="200",le="${le}"} ${value}`;
    for (const line of [sample('0.001', 1), sample('0.005', 2), sample('2.5', 3), sample('+Inf', 4)])
      expect(text).toContain(line);
    expect(text).toContain('_count{method="GET",route="/status/:jobId",status="404"} 1');
  });
});
