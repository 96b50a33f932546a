import { isFinal, type JobState } from '../jobs/job.js';
import type { Scene } from './plan-scenes.js';
import type { Take } from './script.js';
import { nextSeeds } from './take-seeds.js';

/** A take to make. */
export interface TakeOrder {
  scene: Scene;
  take: number;
  /** Where it differs from the scene's own request. */
  seed: number | undefined;
}

/** What a generation makes, and what it finds made or under way. */
export interface Batch {
  orders: TakeOrder[];
  reused: Take[];
}

/** Sees to it that each scene has `wanted` good takes: those it has are reused, those it lacks are made. */
export function planBatch(scenes: Scene[], takes: Take[], wanted: number): Batch {
  const batches = scenes.map((scene) => sceneBatch(scene, takes, wanted));
  return {
    orders: batches.flatMap(({ orders }) => orders),
    reused: batches.flatMap(({ reused }) => reused),
  };
}

/** The scene's takes that are of its present inputs, not rejected, and made or under way; the best first. */
export function goodTakes({ section, inputHash }: Scene, takes: Take[]): Take[] {
  return takes
    .filter((take) => take.sectionId === section.sectionId && take.inputHash === inputHash)
    .filter(({ state, approval }) => !hasFailed(state) && approval !== 'rejected')
    .sort((a, b) => rank(b) - rank(a) || b.take - a.take);
}

function sceneBatch(scene: Scene, takes: Take[], wanted: number): Batch {
  const own = takes.filter(({ sectionId }) => sectionId === scene.section.sectionId);
  const good = goodTakes(scene, own);
  const missing = Math.max(0, wanted - good.length);
  const made = own.filter(({ inputHash, state }) => inputHash === scene.inputHash && !hasFailed(state));
  const used = new Set(made.flatMap(({ seed }) => seed ?? []));
  const last = Math.max(0, ...own.map(({ take }) => take));
  const seed = scene.plan.parameters.seed as number | undefined;
  const orders = nextSeeds(seed, used, missing).map((next, index) => ({
    scene,
    take: last + 1 + index,
    seed: next,
  }));
  return { orders, reused: good.slice(0, wanted) };
}

function hasFailed(state: JobState): boolean {
  return isFinal(state) && state !== 'completed';
}

function rank({ approval, state }: Take): number {
  if (approval === 'approved') return 2;
  return state === 'completed' ? 1 : 0;
}
