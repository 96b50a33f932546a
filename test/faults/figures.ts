/** One figure of a run: a number of things that must not be, a measure with its bound, or a plain fact. */
export interface Figure {
  label: string;
  value: string;
  /** What must hold of the value; absent for plain facts. */
  promise?: string;
  holds: boolean;
  /** The cases that broke the promise. */
  cases: string[];
}

/** What the figures of one scenario say, under its title. */
export interface Section {
  title: string;
  /** What was done, and what was compressed. */
  notes: string[];
  figures: Figure[];
}

/** Counts the cases of something that must never be. */
export function never(label: string, cases: string[]): Figure {
  return { label, value: String(cases.length), promise: '0', holds: cases.length === 0, cases };
}

export function atMost(label: string, value: number, bound: number, unit = ''): Figure {
  const rounded = Math.round(value * 10) / 10;
  const suffix = unit === '' ? '' : ` ${unit}`;
  return {
    label,
    value: `${rounded}${suffix}`,
    promise: `≤ ${bound}${suffix}`,
    holds: value <= bound,
    cases: [],
  };
}

export function atLeast(label: string, value: number, bound: number): Figure {
  return { label, value: String(value), promise: `≥ ${bound}`, holds: value >= bound, cases: [] };
}

export function fact(label: string, value: string | number): Figure {
  return { label, value: String(value), holds: true, cases: [] };
}

/** The value below which `share` of the numbers lie; 0 when there are none. */
export function percentile(numbers: number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
