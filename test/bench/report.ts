import type { Row, Section } from './figures.js';

const WIDTHS = [26, 10, 11, 7, 12];

/** The section as a table that fits 80 columns. */
export function sectionTable({ title, notes, rows, faults }: Section): string {
  const header = cells(['', 'ours', 'comparator', 'ratio', '95 %']);
  return [
    '',
    title,
    ...notes.map((note) => `  ${note}`),
    header,
    ...rows.map(rowLine),
    ...faults.map((fault) => `  WRONG: ${fault}`),
  ].join('\n');
}

function rowLine({ label, ours, comparator, ratio, verdict }: Row): string {
  const line = cells([
    label,
    ours,
    comparator,
    ratio ? ratio.median.toFixed(2) : '',
    ratio ? `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}` : '',
  ]);
  return verdict ? `${line}  ${verdict.holds ? 'holds' : 'misses'}` : line;
}

function cells(texts: string[]): string {
  return texts
    .map((text, index) => (index === 0 ? text.padEnd(WIDTHS[0]!) : text.padStart(WIDTHS[index]!)))
    .join('');
}

/** Every promise in one line: what was promised and whether it holds. */
export function verdictLines(sections: Section[]): string {
  const lines = sections.flatMap(({ rows }) =>
    rows.flatMap(({ label, ours, ratio, verdict }) => {
      if (!verdict) return [];
      const figure = ratio
        ? `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
        : ours;
      return `  ${(verdict.holds ? 'holds' : 'misses').padEnd(8)}${label.padEnd(34)}${verdict.promised.padEnd(9)} ${figure}`;
    }),
  );
  return ['', 'Promises, judged by the worse end of the interval', ...lines].join('\n');
}
