import type { MeasuredLoudness } from './arguments/sound-filters.js';

const FIELDS = {
  integrated: 'input_i',
  truePeak: 'input_tp',
  range: 'input_lra',
  threshold: 'input_thresh',
  offset: 'target_offset',
} as const;

/** Reads what `loudnorm` prints at its end; null for silence, whose loudness is no number. */
export function parseLoudness(log: string[]): MeasuredLoudness | null {
  const entries = Object.entries(FIELDS).map(([name, field]) => [name, valueOf(log, field)] as const);
  if (entries.some(([, value]) => value === undefined)) return null;
  return Object.fromEntries(entries) as unknown as MeasuredLoudness;
}

function valueOf(log: string[], field: string): string | undefined {
  const line = log.findLast((candidate) => candidate.includes(`"${field}"`));
  return /: "(-?\d+(?:\.\d+)?)"/.exec(line ?? '')?.[1];
}
