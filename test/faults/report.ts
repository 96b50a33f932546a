import type { Figure, Section } from './figures.js';

const WIDTH = 80;
const COLUMNS = { label: 48, value: 12, promise: 11, verdict: 8 };
const SHOWN_CASES = 5;

/** The section as a table that fits 80 columns, one figure a row; below a broken one its first cases. */
export function sectionTable({ title, notes, figures }: Section): string {
  return ['', title, ...notes.flatMap((note) => folded(note)), ...figures.flatMap(rows)].join('\n');
}

function rows({ label, value, promise, holds, cases }: Figure): string[] {
  const verdict = promise === undefined ? '' : holds ? 'holds' : 'BROKEN';
  const row = [
    `  ${label}`.padEnd(COLUMNS.label),
    value.padStart(COLUMNS.value),
    (promise ?? '').padStart(COLUMNS.promise),
    verdict.padStart(COLUMNS.verdict),
  ];
  const shown = holds ? [] : cases.slice(0, SHOWN_CASES).flatMap((text) => folded(text, '    - '));
  return [row.join('').trimEnd(), ...shown];
}

function folded(text: string, indent = '  '): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last]!.length + word.length + indent.length >= WIDTH && lines[last] !== '') lines.push(word);
    else lines[last] = lines[last] === '' ? word : `${lines[last]} ${word}`;
  }
  return lines.map((line, index) => (index === 0 ? indent : ' '.repeat(indent.length)) + line);
}

/** How many promises hold and how many are broken, in the last line's form that scripts count. */
export function verdictLine(sections: Section[]): { line: string; broken: number } {
  const promised = sections.flatMap(({ figures }) => figures).filter(({ promise }) => promise !== undefined);
  const broken = promised.filter(({ holds }) => !holds).length;
  return { line: `${promised.length - broken} passed, ${broken} failed`, broken };
}
