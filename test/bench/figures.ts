import { estimateMedian, median, type Estimate } from './statistics.js';

/** A bound that the project promises to keep. */
export interface Bound {
  atLeast?: number;
  atMost?: number;
}

/** One line of the report. */
export interface Row {
  label: string;
  ours: string;
  comparator: string;
  ratio?: Estimate;
  verdict?: { promised: string; holds: boolean };
}

/** What one part of the bench gives. A fault is a wrong answer, never a slow one. */
export interface Section {
  title: string;
  notes: string[];
  rows: Row[];
  faults: string[];
  raw: unknown;
}

/** A row of paired samples: the median of the pairs' ratios, judged by the worse end of its interval. */
export function paired(label: string, ours: number[], comparator: number[], bound?: Bound): Row {
  const ratio = estimateMedian(ours.map((value, index) => value / comparator[index]!));
  return {
    label,
    ours: shown(median(ours)),
    comparator: shown(median(comparator)),
    ratio,
    ...(bound && { verdict: judge(bound, ratio.low, ratio.high) }),
  };
}

/** A row with one figure of ours and, where it helps to read it, another one beside it. */
export function single(label: string, ours: number, beside?: number, bound?: Bound): Row {
  return {
    label,
    ours: shown(ours),
    comparator: beside === undefined ? '' : shown(beside),
    ...(bound && { verdict: judge(bound, ours, ours) }),
  };
}

function judge({ atLeast, atMost }: Bound, low: number, high: number) {
  if (atLeast !== undefined) return { promised: `≥ ${atLeast}`, holds: low >= atLeast };
  return { promised: `≤ ${atMost}`, holds: high <= atMost! };
}

/** Three significant digits, thousands apart. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return 'none';
  return value.toLocaleString(
    'en-US',
    value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );
}
