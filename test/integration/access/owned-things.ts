import { randomUUID } from 'node:crypto';
import { callWith, type KeyedApi } from './keyed-api.js';

export const IMAGE = {
  mediaType: 'image',
  modelId: 'flux-schnell',
  userId: 'producer-1',
  prompt: 'a lighthouse',
};
export const CHARACTER = { userId: 'producer-1', name: 'Mara', description: 'grey braid' };
export const ENDPOINT = { url: 'https://studio.example/hooks', events: ['job.completed'] };
export const SECTIONS = [{ prompt: 'a lighthouse', modelId: 'veo-3.1-fast' }];
export const SCRIPT = { userId: 'producer-1', title: 'The lighthouse', sections: SECTIONS };

/** One of each thing that belongs to whoever made it, by the name of its id in addresses. */
export type OwnedThings = Record<
  | 'jobId'
  | 'endedJobId'
  | 'scriptId'
  | 'takenScriptId'
  | 'videoId'
  | 'characterId'
  | 'compilationId'
  | 'endpointId'
  | 'deliveryId',
  string
>;

/** Makes one of each with the key. A film needs stored clips, so a canceled one is written by hand. */
export async function makeThings({ api, db }: KeyedApi, key: string, keyId: string): Promise<OwnedThings> {
  const make = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await callWith(api.client, key, 'POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body as Record<string, string>;
  };
  const { jobId } = await make('/generate-media', IMAGE);
  const { jobId: endedJobId } = await make('/generate-media', IMAGE);
  await make(`/jobs/${endedJobId}/cancel`, {});
  const { scriptId } = await make('/api/scripts', SCRIPT);
  const { scriptId: takenScriptId } = await make('/api/scripts', SCRIPT);
  await make(`/api/scripts/${takenScriptId}/generate`, {});
  const videos = await callWith(api.client, key, 'GET', `/api/scripts/${takenScriptId}/videos`);
  const [take] = (videos.body as { items: { videoId: string }[] }).items;
  const { characterId } = await make('/api/characters', CHARACTER);
  const { endpointId } = await make('/webhook-endpoints', ENDPOINT);
  const { deliveryId } = await make(`/webhook-endpoints/${endpointId}/test`, {});
  const compilationId = randomUUID();
  await db.pool.query(
    `INSERT INTO replicate.compilations (compilation_id, script_id, owner, user_id, state, options, clips, plan, completed_at)
     VALUES ($1, $2, $3, 'producer-1', 'canceled', '{"outputFormat": "mp4"}', '[]',
       '{"strategy": "copy", "clips": [], "frames": 0, "picture": {"frameRate": {"num": 25, "den": 1}}}',
       clock_timestamp())`,
    [compilationId, scriptId, `key:${keyId}`],
  );
  return {
    ...{ jobId: jobId!, endedJobId: endedJobId!, scriptId: scriptId!, takenScriptId: takenScriptId! },
    ...{ videoId: take!.videoId, characterId: characterId!, compilationId },
    ...{ endpointId: endpointId!, deliveryId: deliveryId! },
  };
}

/** The key of a new owner with every scope but `admin`. */
export const makeOwner = (keyed: KeyedApi) => keyed.makeKey(['generate', 'read', 'approve', 'compile']);
