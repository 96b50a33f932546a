import { parseArgs } from 'node:util';
import { takeSignals } from '../../local/signals.js';
import type { Section } from './figures.js';
import { LONG, SHORT } from './plan.js';
import { sectionTable, verdictLine } from './report.js';
import { storm } from './scenarios/storm.js';

/** Runs the fault tests and prints a figure a row; exits 1 when a promise is broken. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { long: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
  });
  const plan = values.long ? LONG : SHORT;
  const startedAt = performance.now();
  console.log(
    `Fault tests, ${values.long ? 'long' : 'short'}, seed ${values.seed}, Node.js ${process.version}`,
  );
  const sections: Section[] = [];
  const done = (section: Section) => {
    sections.push(section);
    console.log(sectionTable(section));
  };
  done(await storm(plan.storm, values.seed));
  const { line, broken } = verdictLine(sections);
  console.log(`\nSeed ${values.seed}, ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
  console.log(line);
  return broken === 0 ? 0 : 1;
}

takeSignals();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    console.log('0 passed, 1 failed');
    process.exit(1);
  },
);
