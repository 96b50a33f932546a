import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../local/replicate/random.js';
import { CRASH_POINTS } from '../../../src/crash-points.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { atLeast, atMost, fact, never, type Figure, type Section } from '../figures.js';
import * as invariants from '../invariants.js';
import type { Plan } from '../plan.js';
import { readAll } from '../stores/read-all.js';
import { sweepNow, unrest } from '../stores/postgres.js';
import { queued } from '../stores/redis.js';
import { Clients } from '../world/clients.js';
import { CrashPlan } from '../world/crash-plan.js';
import { Crew } from '../world/crew.js';
import { Onlookers } from '../world/onlookers.js';
import { providerFaults } from '../world/provider-faults.js';
import { setTrap, type Trap } from '../world/trap.js';
import { Weather } from '../world/weather.js';

type Storm = Plan['storm'];

const SERVICES = ['postgres', 'redis', 'dynamodb', 's3', 'replicate'] as const;
const POLL_INTERVAL_SECONDS = 5;

/** A replacement process takes about two seconds of a processor to start: no more of them than it can bear. */
const SECONDS_A_DEATH = 2.5;

/** The longest that the crew is given to die at the points that are still missing, once the storm is over. */
const COVERAGE_SECONDS = 120;

/** The longest that the sweep of the bucket may take once it is due. */
const SWEEP_SECONDS = 60;

/** What the pools and keep-alive agents of one process may hold open, its log and event loop included. */
const MOST_DESCRIPTORS = 200;

/** Everyone who takes part, each with chances of their own from the seed. */
interface Cast {
  app: TestApp;
  trap: Trap;
  crashes: CrashPlan;
  crew: Crew;
  clients: Clients;
  onlookers: Onlookers;
  weather: Weather;
}

/**
 * Jobs, while processes die at random and at every crash point, services fail, and the provider misbehaves. `onCalm` is
 * told when nothing more goes wrong, and all that is left is to wait.
 */
export async function storm(
  plan: Storm,
  seed: string,
  logFile: string,
  onCalm: () => void,
): Promise<Section> {
  const temporary = await mkdtemp(join(tmpdir(), 'vsl-faults-'));
  const trap = await setTrap();
  const app = await startTestApp({
    ...{ apis: 0, workers: 0, proxied: [...SERVICES], simulator: { seed, webhookTimeoutMs: 5_000 } },
    env: {
      ...{ LOG_LEVEL: 'warn', TMPDIR: temporary, RATE_LIMIT_PER_HOUR: '1000000' },
      POLL_INTERVAL_SECONDS: String(POLL_INTERVAL_SECONDS),
    },
  });
  const cast = assemble(app, trap, plan, seed, logFile);
  try {
    const extra = await rage(cast, plan);
    onCalm();
    const rest = await settle(cast, plan);
    const aftermath = await readAll(app, cast.clients.accepted);
    const leftBehind = await processesOf(temporary);
    return {
      title: 'Storm: processes die, services fail, the provider misbehaves',
      notes: notes(plan),
      figures: [
        ...deeds(cast, plan, extra),
        fact('completed, failed, canceled', outcomes(aftermath.database.jobs)),
        never('not at rest in time', rest.unrest),
        fact('seconds to rest', rest.seconds.toFixed(0)),
        ...promises(cast, aftermath),
        atMost('I10 most open descriptors at rest', rest.mostDescriptors, MOST_DESCRIPTORS),
        never('I10 ffmpeg processes left behind', leftBehind),
      ],
    };
  } finally {
    await cast.crew.stop();
    await app.stop();
    await trap.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

function assemble(app: TestApp, trap: Trap, plan: Storm, seed: string, logFile: string): Cast {
  const random = (use: string) => new Random(`${seed} ${use}`);
  const crashes = new CrashPlan(plan.deathsAtEachPoint, random('crashes'));
  const crew = new Crew(app.env, crashes, random('crew'), logFile);
  const clients = new Clients(crew.apis, random('clients'));
  const onlookers = new Onlookers(crew.apis, clients.accepted, random('onlookers'));
  const weather = new Weather(app, crew, random('weather'));
  return { app, trap, crashes, crew, clients, onlookers, weather };
}

/** All that goes wrong; returns how many more jobs were ordered until a process had died at each crash point. */
async function rage(
  { app, trap, crew, crashes, clients, onlookers, weather }: Cast,
  plan: Storm,
): Promise<number> {
  await app.simulator.fault(...providerFaults(trap.urls));
  await crew.start(plan.apis, plan.workers);
  onlookers.start();
  const seconds = SECONDS_A_DEATH * (plan.kills + plan.deathsAtEachPoint * CRASH_POINTS.length);
  await Promise.all([clients.order(plan.jobs, (1_000 * seconds) / plan.jobs), weather.rage(plan, seconds)]);
  const extra = await diedEverywhere(crashes, clients);
  clients.leave();
  await app.simulator.heal();
  return extra;
}

/** Waits until all is at rest, and stops the crew. */
async function settle({ app, crew, onlookers }: Cast, plan: Storm) {
  const drained = await comeToRest(app, plan.drainSeconds);
  await sweepNow(app.database);
  const swept = await comeToRest(app, SWEEP_SECONDS);
  await onlookers.stop();
  const mostDescriptors = Math.max(...crew.descriptors());
  await crew.stop();
  return { seconds: drained.seconds, unrest: [...drained.unrest, ...swept.unrest], mostDescriptors };
}

function notes(plan: Storm): string[] {
  return [
    `${plan.apis} APIs and ${plan.workers} workers, each replaced when it dies; 512 × 512 pictures made at once.`,
    `Compressed: the backup poll runs each ${POLL_INTERVAL_SECONDS} s (product default 15 s); the bucket is swept once all jobs are over, not two hours after each. Redis is emptied by FLUSHDB.`,
  ];
}

/** What was done to the product. */
function deeds({ crew, crashes, clients, weather }: Cast, plan: Storm, extra: number): Figure[] {
  return [
    atLeast('jobs accepted', clients.accepted.length, plan.leastJobs),
    fact('of them ordered to reach every crash point', extra),
    atLeast('processes killed', crew.kills + crashes.total, plan.leastDeaths),
    fact('of them at crash points', crashes.total),
    never(`crash points not reached, of ${CRASH_POINTS.length}`, crashes.missing()),
    fact('processes held up (SIGSTOP)', crew.pauses),
    fact('outages (services × kinds)', `${sum(weather.outages)} (${weather.outages.size})`),
    fact('times Redis was emptied', weather.flushes),
  ];
}

/** What must hold all the same. */
function promises({ trap, crew, clients, onlookers }: Cast, aftermath: invariants.Aftermath): Figure[] {
  return [
    ...invariants.nothingLost(aftermath),
    ...invariants.nothingPaidTwice(aftermath),
    ...invariants.storedOnceAndWhole(aftermath),
    fact('I5 looks at statuses', onlookers.looks),
    never('I5 statuses going backwards', onlookers.backwards),
    fact('I5 older versions of the same status', onlookers.olderCopies),
    ...invariants.layersAgree(aftermath),
    fact('I6 webhooks sent', aftermath.provider.webhooks.length),
    ...invariants.webhooksKept(aftermath),
    fact('I7 replays under the same key', clients.replays),
    never('I7 replays that differ', clients.differingReplays),
    invariants.oneJobAKey(aftermath),
    invariants.chargedRight(aftermath),
    ...invariants.nothingLeftOver(aftermath),
    never('unexcused answers to clients', [...clients.odd, ...onlookers.odd]),
    never('internal addresses reached', trap.visits),
    never('I10 unhandled rejections, odd ends', crew.odd),
  ];
}

/** Goes on ordering until a process has died at each point, within a limit; returns how many jobs that took. */
async function diedEverywhere(crashes: CrashPlan, clients: Clients): Promise<number> {
  const before = clients.accepted.length;
  const deadline = Date.now() + 1_000 * COVERAGE_SECONDS;
  while (crashes.missing().length > 0 && Date.now() < deadline) await clients.order(4, 500);
  return clients.accepted.length - before;
}

/** Waits until nothing is open, unsent or queued, or until time is up; tells what then is. */
async function comeToRest(app: TestApp, seconds: number): Promise<{ seconds: number; unrest: string[] }> {
  const startedAt = Date.now();
  const elapsed = () => (Date.now() - startedAt) / 1_000;
  for (;;) {
    const waiting = await queued(app.redis);
    const left = [
      ...(await unrest(app.database)),
      ...(waiting.length > 0 ? [`${waiting.length} messages queued`] : []),
    ];
    if (left.length === 0 || elapsed() > seconds) return { seconds: elapsed(), unrest: left };
    await sleep(500);
  }
}

function outcomes(jobs: { state: string }[]): string {
  const count = (state: string) => jobs.filter((job) => job.state === state).length;
  return `${count('completed')}, ${count('failed')}, ${count('canceled')}`;
}

function sum(counts: Map<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** The processes that still work in the run's temporary folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(folder)).map((line) => line.replaceAll('\0', ' '));
}
