import type { ApiClient } from '../support/api-client.js';

/** A finished film, one that nobody makes, and a take that may be reviewed. */
export interface MadeFilms {
  films: { compilationId: string }[];
  takes: { scriptId: string; videoId: string }[];
}

interface Take {
  videoId: string;
  jobId: string;
}

const scene = (prompt: string) => ({ mediaType: 'image', modelId: 'flux-schnell', prompt });

/**
 * Makes films of a script that is then deleted, the second after `stopWorkers`, and leaves a script of which one scene
 * has a take and the other has none: it can be reviewed, but no film of it is accepted, for which its client would wait.
 */
export async function makeFilms(client: ApiClient, stopWorkers: () => Promise<unknown>): Promise<MadeFilms> {
  const half = await makeScript(client, [scene('A stair'), scene('A lamp to fail')]);
  const whole = await makeScript(client, [scene('A lighthouse')]);
  const [approved] = whole.takes;
  await ok(client, 'POST', `/api/section-videos/${approved!.videoId}/approve`);
  const film = await compile(client, whole.scriptId, 'wait=60');
  await stopWorkers();
  const unmade = await compile(client, whole.scriptId, 'respond-async');
  await client.call('DELETE', `/api/scripts/${whole.scriptId}`);
  const { scriptId, takes } = half;
  return { films: [film, unmade], takes: takes.map(({ videoId }) => ({ scriptId, videoId })) };
}

async function makeScript(
  client: ApiClient,
  sections: object[],
): Promise<{ scriptId: string; takes: Take[] }> {
  const script = { title: 'A script', userId: 'producer-1', sections };
  const { scriptId } = await ok<{ scriptId: string }>(client, 'POST', '/api/scripts', script);
  const { jobs } = await ok<{ jobs: Take[] }>(client, 'POST', `/api/scripts/${scriptId}/generate`, {});
  await Promise.all(jobs.map(({ jobId }) => client.finished(jobId)));
  return { scriptId, takes: jobs };
}

async function compile(
  client: ApiClient,
  scriptId: string,
  prefer: string,
): Promise<{ compilationId: string }> {
  const path = `/api/scripts/${scriptId}/compile`;
  const { data } = await ok<{ data: { compilationId: string } }>(client, 'POST', path, undefined, { prefer });
  return { compilationId: data.compilationId };
}

async function ok<T>(
  client: ApiClient,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<T> {
  const answer = await client.call(method, path, { body, headers, timeoutMs: 70_000 });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body as T;
}
