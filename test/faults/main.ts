import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDir } from '../../local/built-tree.js';
import { takeSignals } from '../../local/signals.js';
import type { Section } from './figures.js';
import { LONG, SHORT } from './plan.js';
import { sectionTable, verdictLine } from './report.js';
import { interleavings } from './scenarios/interleavings.js';
import { mutatedWebhooks } from './scenarios/mutated-webhooks.js';
import { silence } from './scenarios/silence.js';
import { storm } from './scenarios/storm.js';

/** What the storm's processes printed: where to look when a promise is broken. */
const LOG_FILE = join(projectDir, '.local/faults/last.log');

/** Runs the fault tests and prints a figure a row; exits 1 when a promise is broken. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { long: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
  });
  const plan = values.long ? LONG : SHORT;
  const startedAt = performance.now();
  rmSync(LOG_FILE, { force: true });
  mkdirSync(dirname(LOG_FILE), { recursive: true });
  console.log(
    `Fault tests, ${values.long ? 'long' : 'short'}, seed ${values.seed}, Node.js ${process.version}`,
  );
  const sections: Section[] = [];
  const done = (section: Section) => {
    sections.push(section);
    console.log(sectionTable(section));
  };
  // The storm ends in a long wait for jobs that nobody may touch before their time: the others use it.
  let calm = (): void => undefined;
  const calmed = new Promise<void>((resolve) => (calm = resolve));
  await Promise.all([
    storm(plan.storm, values.seed, LOG_FILE, calm).then(done),
    calmed.then(() => silence(plan.silence, values.seed)).then(done),
    calmed.then(async () => {
      done(await interleavings(plan.interleavings, values.seed));
      done(await mutatedWebhooks(plan.webhooks, values.seed));
    }),
  ]);
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
