import { setTimeout as delay } from 'node:timers/promises';
import type { DemoClient } from './demo-client.js';

const INTERVAL_MS = 200;
const TIMEOUT_MS = 180_000;

/** Two scenes of one model, one of them silent, and one of another model at another size and rate. */
const SCRIPT = {
  title: 'The lighthouse',
  userId: 'demo',
  seed: 7,
  defaults: { modelId: 'veo-3.1-fast', parameters: { duration: 4, resolution: '720p' } },
  sections: [
    { title: 'Storm', narration: 'It had rained for nine days.', prompt: 'A lighthouse in a storm' },
    {
      title: 'Stairs',
      narration: 'Somebody had to climb the stairs.',
      prompt: 'A keeper climbs the spiral stairs with a lantern',
      modelId: 'wan-2.5-t2v-fast',
      parameters: { duration: 5, size: '832*480' },
    },
    { title: 'Lamp', prompt: 'The lamp flares up', parameters: { generate_audio: false } },
  ],
};

interface Take {
  videoId: string;
  status: string;
}

/** What the demo reads of a compilation. */
export interface DemoFilm {
  status: string;
  percent: number;
  compiledVideoUrl: string;
  fileSize: number;
  sha256: string;
  duration: number;
  mediaDurationSeconds: number;
  strategy: string;
  plan: { action: string; reason: string }[];
  verification: { copiedFrames: number; encodedFrames: number; checks: { name: string; actual: string }[] };
  metadataUrl: string;
  error?: { message: string };
}

/** Writes a script of three scenes, generates and approves them; returns the script's id. */
export async function approvedScript(client: DemoClient): Promise<string> {
  const { scriptId } = await client.post<{ scriptId: string }>('/api/scripts', SCRIPT);
  const { estimatedCost } = await client.post<{ estimatedCost: number }>(
    `/api/scripts/${scriptId}/generate`,
    {},
  );
  console.log(`script: ${SCRIPT.sections.length} scenes, estimated ${estimatedCost} USD`);
  const takes = await until(
    async () => (await client.get<{ items: Take[] }>(`/api/scripts/${scriptId}/videos`)).items,
    (items) => items.length === SCRIPT.sections.length && items.every(({ status }) => isOver(status)),
  );
  for (const { videoId } of takes) await client.post(`/api/section-videos/${videoId}/approve`, {});
  console.log(`  all takes are made and approved`);
  return scriptId;
}

/** Compiles the script and follows it to its end; prints what was copied and what was encoded, and why. */
export async function compileFilm(client: DemoClient, scriptId: string, options: object): Promise<DemoFilm> {
  console.log(`film: ${JSON.stringify(options)}`);
  const accepted = await client.post<{ data: { compilationId: string } }>(
    `/api/scripts/${scriptId}/compile`,
    options,
    { prefer: 'respond-async' },
  );
  const path = `/api/compilations/${accepted.data.compilationId}`;
  const film = await until(
    async () => (await client.get<{ data: DemoFilm }>(path)).data,
    ({ status }) => isOver(status),
  );
  if (film.status !== 'completed') throw new Error(`The film ${film.status}: ${film.error?.message ?? ''}`);
  for (const [index, { action, reason }] of film.plan.entries())
    console.log(`  scene ${index + 1}: ${action} (${reason})`);
  const { copiedFrames, encodedFrames, checks } = film.verification;
  console.log(
    `  ${film.strategy}: ${copiedFrames} frames copied, ${encodedFrames} encoded, ${film.duration} ms`,
  );
  console.log(`  proved: ${checks.map(({ name, actual }) => `${name} ${actual}`).join('; ')}`);
  return film;
}

function isOver(status: string): boolean {
  return ['completed', 'failed', 'canceled'].includes(status);
}

async function until<T>(look: () => Promise<T>, isReached: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (Date.now() < deadline) {
    const seen = await look();
    if (isReached(seen)) return seen;
    await delay(INTERVAL_MS);
  }
  throw new Error(`Not within ${TIMEOUT_MS / 1_000} s`);
}
