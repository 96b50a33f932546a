import { freePort } from '../../local/services/free-port.js';
import type { AppProcess } from '../support/app-process.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.js';

jest.setTimeout(120_000);

let app: TestApp;
let metricsPort: number;
let collector: TraceCollector;
beforeAll(async () => {
  metricsPort = await freePort();
  collector = await startTraceCollector();
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' };
  app = await startTestApp({ workers: 0, env: tracing });
  app.startWorker({ METRICS_PORT: String(metricsPort) });
});
afterAll(async () => {
  await app.stop();
  await collector.close();
});

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'observer', prompt: 'A lens' };

type Line = Record<string, unknown>;

/** What the processes printed about the job, by time. */
function linesOf(jobId: string, processes: AppProcess[]): Line[] {
  return processes
    .flatMap(({ output }) => output.split('\n'))
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text) as Line)
    .filter((line) => line.jobId === jobId)
    .sort((a, b) => String(a.timestamp).localeCompare(String(b.timestamp)));
}

it('every line about a job names the request that made it, one line a transition, in both processes', async () => {
  const requestId = 'made-by-this-request';
  const accepted = await app.api.post('/generate-media', request, { 'x-request-id': requestId });
  const { jobId } = accepted.body as { jobId: string };
  await app.api.finished(jobId);
  const lines = await eventually(
    async () => linesOf(jobId, [...app.apiProcesses, ...app.workerProcesses]),
    (found) => found.some(({ state }) => state === 'completed'),
  );
  const facts = { requestId, jobId, userId: 'observer', mediaType: 'image', modelId: 'flux-schnell' };
  for (const line of lines) expect(line).toMatchObject(facts);
  expect(lines.map(({ action, state }) => state ?? action)).toEqual([
    ...['job-accepted', 'submitting', 'processing', 'storing', 'completed'],
  ]);
  expect(lines.at(-1)).toMatchObject({ action: 'job-transition', duration: expect.any(Number) });
});

/** The value of a sample in Prometheus' text; undefined when it is not there. */
function sample(text: string, name: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

it('the API tells the figures of all jobs, its own answers and the queues', async () => {
  const jobId = await app.api.generate(request);
  await app.api.finished(jobId);
  await app.api.status(jobId);
  const { text, headers } = await app.api.get('/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const completed = sample(text, 'vsl_jobs_completed_total{media_type="image",model="flux-schnell"}');
  expect(completed).toBeGreaterThanOrEqual(1);
  const answered = 'method="POST",route="/generate-media",status="202"';
  expect(sample(text, `vsl_http_request_duration_seconds_count{${answered}}`)).toBeGreaterThanOrEqual(1);
  expect(sample(text, 'vsl_status_reads_total{source="memory"}')).toBeGreaterThanOrEqual(1);
  expect(sample(text, 'vsl_queue_messages{message="submit-job",state="waiting"}')).toBe(0);
  expect(sample(text, 'vsl_oldest_open_job_seconds')).toBe(0);
  expect(text).not.toContain(jobId);
});

it('a worker tells its own at a port of its own', async () => {
  await app.api.finished(await app.api.generate(request));
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const text = await answer.text();
  for (const name of ['processing_time', 'webhook_latency', 's3_upload_time', 'database_write_time'])
    expect(text).toMatch(new RegExp(`^vsl_${name}_seconds_count(\\{.*\\})? [1-9]`, 'm'));
  expect((await fetch(`http://127.0.0.1:${metricsPort}/jobs`)).status).toBe(404);
});

it('one trace leads from the request through the queue to the store, across both processes', async () => {
  const requestId = 'traced-request';
  const accepted = await app.api.post('/generate-media', request, { 'x-request-id': requestId });
  await app.api.finished((accepted.body as { jobId: string }).jobId);
  const trace = await eventually(
    async () => {
      const start = collector.spans.find(({ attributes }) => attributes.requestId === requestId);
      return collector.spans.filter(({ traceId }) => traceId === start?.traceId);
    },
    (spans) => spans.some(({ name }) => name === 'process store-outputs'),
  );
  const names = (service: string) => trace.filter((span) => span.service === service).map(({ name }) => name);
  expect(names('vsl-media-api')).toContain('POST');
  expect(names('vsl-media-worker')).toEqual(
    expect.arrayContaining(['process submit-job', 'process store-outputs', 'S3.PutObject']),
  );
  const ids = new Set(trace.map(({ spanId }) => spanId));
  expect(trace.filter(({ parentSpanId }) => !ids.has(parentSpanId)).map(({ name }) => name)).toEqual([
    'POST',
  ]);
});
