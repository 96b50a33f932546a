import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 25;

/**
 * Looks until `isReached` says yes and returns what was then seen; rejects after `timeoutMs` (20 s) with what was seen
 * last. An error of `look` counts as not yet.
 */
export async function eventually<T>(
  look: () => Promise<T>,
  isReached: (seen: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const outcome = await look().then(
      (seen) => ({ seen }),
      (error: unknown) => ({ error }),
    );
    if ('seen' in outcome && isReached(outcome.seen)) return outcome.seen;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms; seen last: ${describe(outcome)}`);
    await sleep(PAUSE_MS);
  }
}

function describe(outcome: { seen: unknown } | { error: unknown }): string {
  if ('error' in outcome) return String(outcome.error);
  return JSON.stringify(outcome).slice(0, 4_000);
}
