import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { startFuzzedApp } from './fuzzed-app.js';

/** Fuzzes the whole HTTP surface; tells the seed, what was answered, and the first answer that is not as documented. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '5000' }, seed: { type: 'string' } },
  });
  const options = { requests: Number(values.requests), seed: Number(values.seed ?? Date.now() & 0x7fffffff) };
  console.log(`${options.requests} requests of the seed ${options.seed}`);
  const fuzzed = await startFuzzedApp();
  try {
    for (const [operation, statuses] of await fuzz(fuzzed, options)) {
      const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
      console.log(`${operation.padEnd(46)} ${counts.join('  ')}`);
    }
  } finally {
    await fuzzed.app.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
