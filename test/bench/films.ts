import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchApp } from './bench-app.js';
import { single, type Section } from './figures.js';
import { IMAGE_ORDER, submit, untilStatus } from './jobs.js';
import { residentBytes, watchMemory } from './memory-watch.js';
import type { Plan } from './plan.js';
import { median } from './statistics.js';

const MEBIBYTE = 1024 * 1024;
const SCENES = 10;
const TIMEOUT_MS = 600_000;
const POLL_MS = 100;
/** As fine as a picture's time needs. */
const PICTURE_POLL_MS = 10;

interface Take {
  videoId: string;
  status: string;
}

interface Compilation {
  compilationId: string;
  status: string;
}

interface Film {
  compilationId: string;
  /** From the request to the end, as the client sees it. */
  seconds: number;
}

/**
 * Films by the API and the worker, as users make them: the worker's memory while it joins ten scenes, and what two films
 * at once, encoded whole, do to each other and to pictures that are made meanwhile.
 */
export async function benchFilms(app: BenchApp, { jobs }: Plan): Promise<Section> {
  const worker = app.startWorker();
  const long = await approvedScript(app, 'long', SCENES, { resolution: '1080p', duration: 8 });
  const short = await Promise.all(
    ['one', 'other'].map((name) => approvedScript(app, name, 2, { resolution: '720p', duration: 4 })),
  );
  const pictures = Math.max(10, Math.round(jobs / 5));
  await pictureSeconds(app, 'warm-up', pictures);
  const idle = await residentBytes(worker);
  const memory = watchMemory(worker);
  const joined = await makeFilm(app, long, {});
  const peak = await memory.stop();
  const encoded = { outputFormat: 'webm', quality: 'low' };
  const alone = await makeFilm(app, short[0]!, encoded);
  const aloneSeconds = median(await pictureSeconds(app, 'alone', pictures));
  const both = Promise.all(short.map((script) => makeFilm(app, script, { ...encoded, fps: 25 })));
  const besideSeconds = median(await pictureSeconds(app, 'beside', pictures));
  const [one, other] = await both;
  const slower = Math.max(one!.seconds, other!.seconds);
  return {
    title: 'Films by the worker: ten scenes of 8 s at 1080p, and two films at once',
    notes: [
      `ten scenes joined in ${joined.seconds.toFixed(1)} s; the worker’s memory without FFmpeg’s`,
      `two of 8 s into WebM; ${pictures} pictures one after the other, alone and while both are encoded`,
    ],
    rows: [
      single('  worker idle, MiB', idle / MEBIBYTE),
      single('worker memory growth, MiB', (peak - idle) / MEBIBYTE, undefined, { atMost: 150 }),
      single('two films, s (one alone)', slower, alone.seconds),
      single('  slower / faster of the two', slower / Math.min(one!.seconds, other!.seconds)),
      single('picture beside them, s (alone)', besideSeconds, aloneSeconds),
    ],
    faults: [],
    raw: { idle, peak, joined, alone, both: [one, other], aloneSeconds, besideSeconds },
  };
}

/** A script whose scenes are all made and approved; gives its id. */
async function approvedScript(
  app: BenchApp,
  title: string,
  scenes: number,
  parameters: object,
): Promise<string> {
  const { scriptId } = await app.call<{ scriptId: string }>('POST', '/api/scripts', {
    ...{ title, userId: 'bench', seed: 1, defaults: { modelId: 'veo-3.1-fast', parameters } },
    sections: Array.from({ length: scenes }, (_, index) => ({ prompt: `${title}, scene ${index}` })),
  });
  await app.call('POST', `/api/scripts/${scriptId}/generate`);
  for (const { videoId } of await madeTakes(app, scriptId)) {
    await app.call('POST', `/api/section-videos/${videoId}/approve`);
  }
  return scriptId;
}

async function madeTakes(app: BenchApp, scriptId: string): Promise<Take[]> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const { items } = await app.call<{ items: Take[] }>('GET', `/api/scripts/${scriptId}/videos?limit=100`);
    if (items.every(({ status }) => status === 'completed')) return items;
    const failed = items.find(({ status }) => status === 'failed' || status === 'canceled');
    if (failed || Date.now() > deadline) throw new Error(`The scenes are not made: ${JSON.stringify(items)}`);
    await sleep(POLL_MS);
  }
}

async function makeFilm(app: BenchApp, scriptId: string, options: object): Promise<Film> {
  const startedMs = performance.now();
  const asked = await app.call<{ data: Compilation }>('POST', `/api/scripts/${scriptId}/compile`, options, {
    prefer: 'respond-async',
  });
  const { compilationId } = asked.data;
  for (;;) {
    const { data } = await app.call<{ data: Compilation }>('GET', `/api/compilations/${compilationId}`);
    const seconds = (performance.now() - startedMs) / 1_000;
    if (data.status === 'completed') return { compilationId, seconds };
    if (data.status === 'failed' || seconds * 1_000 > TIMEOUT_MS) throw new Error(JSON.stringify(data));
    await sleep(POLL_MS);
  }
}

/** From POST to completed, of pictures one after the other, each new. */
async function pictureSeconds(app: BenchApp, name: string, count: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedMs = performance.now();
    const jobId = await submit(app, { ...IMAGE_ORDER, prompt: `${name} ${index}` });
    await untilStatus(app, jobId, 'completed', { pollMs: PICTURE_POLL_MS });
    seconds.push((performance.now() - startedMs) / 1_000);
  }
  return seconds;
}
