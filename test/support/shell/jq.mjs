// Stands in for jq where it is not installed: `jq -r PATH`, PATH of names, [n] and [].
import { readFileSync } from 'node:fs';

const steps = process.argv.at(-1).match(/\w+|\[\d*\]/g) ?? [];
const values = steps.reduce(
  (found, step) =>
    step === '[]' ? found.flat() : found.map((value) => value?.[step.replaceAll(/[[\]]/g, '')] ?? null),
  [JSON.parse(readFileSync(0, 'utf8'))],
);
for (const value of values) console.log(typeof value === 'string' ? value : JSON.stringify(value));
