import { Big } from 'big.js';
import { goodTakes } from './batch.js';
import type { Scene } from './plan-scenes.js';
import type { Take } from './script.js';

export interface SectionEstimate {
  sectionId: string;
  modelId: string;
  /** That the scene plays; 0 for images. */
  seconds: number;
  /** US dollars; 0 for a scene that need not be made again. */
  estimatedCost: number;
  reused: boolean;
}

export interface Totals {
  totalSeconds: number;
  totalCost: number;
  /** Seconds: scenes are made side by side, so the time is that of the slowest one that must be made. */
  estimatedTime: number;
}

export interface ScriptEstimate extends Totals {
  sections: SectionEstimate[];
}

/** What generating the scenes, one take each, would cost and take. */
export function estimateScenes(scenes: Scene[], takes: Take[]): ScriptEstimate {
  const sections = scenes.map((scene) => ({
    sectionId: scene.section.sectionId,
    modelId: scene.plan.model.modelId,
    seconds: scene.plan.outputSeconds ?? 0,
    ...costOf(scene, takes),
  }));
  const times = scenes.map(({ plan }, index) => (sections[index]!.reused ? 0 : plan.estimatedTimeSeconds));
  return {
    sections,
    totalSeconds: sum(sections.map(({ seconds }) => seconds)),
    totalCost: sum(sections.map(({ estimatedCost }) => estimatedCost)),
    estimatedTime: Math.max(0, ...times),
  };
}

/** The totals of several scripts. */
export function addTotals(estimates: Totals[]): Totals {
  return {
    totalSeconds: sum(estimates.map(({ totalSeconds }) => totalSeconds)),
    totalCost: sum(estimates.map(({ totalCost }) => totalCost)),
    estimatedTime: Math.max(0, ...estimates.map(({ estimatedTime }) => estimatedTime)),
  };
}

/** Adds decimals exactly. */
export function sum(amounts: (number | string)[]): number {
  return amounts.reduce((total: Big, amount) => total.plus(amount), new Big(0)).toNumber();
}

function costOf(scene: Scene, takes: Take[]): Pick<SectionEstimate, 'estimatedCost' | 'reused'> {
  const reused = goodTakes(scene, takes).length > 0;
  return { estimatedCost: reused ? 0 : Number(scene.plan.estimatedCost), reused };
}
