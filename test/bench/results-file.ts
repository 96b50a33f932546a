import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { BenchApp } from './bench-app.js';
import type { Section } from './figures.js';
import type { Plan } from './plan.js';
import { BOOTSTRAP_SEED } from './statistics.js';

/** Where and on what the figures were taken. */
export async function describeMachine(app: BenchApp) {
  const { rows } = await app.database.query<{ server_version: string }>('SHOW server_version');
  return {
    at: new Date().toISOString(),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()}`,
    loadAverage: loadavg(),
    versions: { node: process.version, postgresql: rows[0]?.server_version },
    notices: app.stack.notices,
  };
}

export type Machine = Awaited<ReturnType<typeof describeMachine>>;

/** Everything that was measured, raw samples included, as JSON. */
export function writeResults(
  file: string,
  results: { machine: Machine; plan: Plan; sections: Section[] },
): void {
  mkdirSync(dirname(file), { recursive: true });
  const loadAverageAfter = loadavg();
  writeFileSync(
    file,
    JSON.stringify({ ...results, loadAverageAfter, bootstrapSeed: BOOTSTRAP_SEED }, null, 2),
  );
}
