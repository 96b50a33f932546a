import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDir } from '../../local/built-tree.js';
import { takeSignals } from '../../local/signals.js';
import { benchAccept } from './accept.js';
import { benchAccessCost, makeKeyedJob } from './access-cost.js';
import { BenchApp } from './bench-app.js';
import { benchCachedStatus, makeStatusJobs } from './cached-status.js';
import { benchCompile } from './compile.js';
import type { Section } from './figures.js';
import { benchFilms } from './films.js';
import { benchJobLatency } from './job-latency.js';
import { FULL, QUICK, type Plan } from './plan.js';
import { benchStoreOutputs } from './store-outputs.js';
import { sectionTable, verdictLines } from './report.js';
import { benchStartUp } from './start-up.js';
import { describeMachine, writeResults, type Machine } from './results-file.js';

const RESULTS = join(projectDir, '.local/bench/last.json');

/** The parts of the bench, in the order they run. */
const PARTS = ['start', 'latency', 'store', 'films', 'compile', 'status', 'access', 'accept'] as const;
type Part = (typeof PARTS)[number];

/**
 * Measures the built product beside its comparators; exits 1 only when an answer was wrong. `--quick` takes few and short
 * passes, `--only PART` (repeatable) measures that part alone.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
  });
  const plan = values.quick ? QUICK : FULL;
  const parts = chosenParts(values.only);
  console.log('Starting a stack, the API and the worker …');
  const app = await BenchApp.start();
  const sections: Section[] = [];
  try {
    const machine = await describeMachine(app);
    printMachine(machine);
    for await (const section of measure(app, plan, parts)) {
      sections.push(section);
      console.log(sectionTable(section));
    }
    writeResults(RESULTS, { machine, plan, sections });
  } finally {
    await app.stop();
  }
  console.log(verdictLines(sections));
  console.log(`\nRaw samples: ${RESULTS}`);
  return sections.some(({ faults }) => faults.length > 0) ? 1 : 0;
}

function chosenParts(names: string[] = [...PARTS]): Set<Part> {
  const unknown = names.filter((name) => !PARTS.includes(name as Part));
  if (unknown.length > 0)
    throw new Error(`--only takes ${PARTS.join(', ')}; it does not know ${unknown.join(', ')}`);
  return new Set(names as Part[]);
}

/** The worker runs only while it is measured: at rest it would take its share of the others' time. */
async function* measure(app: BenchApp, plan: Plan, parts: Set<Part>): AsyncGenerator<Section> {
  await app.call('POST', app.simulator('/_settings'), { durationScale: 0, createsPerMinute: null });
  if (parts.has('start')) yield await benchStartUp(app);
  app.startWorker();
  const statusJobs = parts.has('status') ? await makeStatusJobs(app) : undefined;
  const keyedJob = parts.has('access') ? await makeKeyedJob(app) : undefined;
  if (parts.has('latency')) yield await benchJobLatency(app, plan);
  if (parts.has('store')) yield await benchStoreOutputs(app, plan);
  if (parts.has('films')) yield await benchFilms(app, plan);
  await app.stopWorker();
  if (parts.has('compile')) yield await benchCompile(app, plan);
  if (!statusJobs && !keyedJob && !parts.has('accept')) return;
  const generator = app.launch('load-generator', 'test/bench/load-generator.js');
  await generator.hear('ready');
  try {
    if (statusJobs) yield await benchCachedStatus(app, generator, statusJobs, plan);
    if (keyedJob) yield await benchAccessCost(app, generator, keyedJob, plan);
    if (parts.has('accept')) yield await benchAccept(app, generator, plan);
  } finally {
    await generator.stop();
  }
}

function printMachine({ cpu, cores, loadAverage, versions, notices }: Machine): void {
  const load = loadAverage.map((value) => value.toFixed(1)).join(' ');
  console.log(
    `${cpu}, ${cores} cores, load ${load}, Node ${versions.node}, PostgreSQL ${versions.postgresql}`,
  );
  for (const notice of notices) console.log(notice);
}

takeSignals();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
