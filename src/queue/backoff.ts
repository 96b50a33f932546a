import { MESSAGES, type MessageName } from './messages.js';

/** Name under which BullMQ asks for our delays instead of its own, which know no longest one. */
export const CAPPED = 'capped';

/** Share of a delay that is left to chance, so that what failed together does not come back together. */
const JITTER = 0.3;

/** The delay before the next try after `attemptsMade` tries: doubling, capped, jittered. */
export function backoffMs(name: MessageName, attemptsMade: number): number {
  const { backoffMs: first, longestBackoffMs } = MESSAGES[name];
  const delayMs = Math.min(first * 2 ** (attemptsMade - 1), longestBackoffMs);
  return Math.round(delayMs * (1 - JITTER * Math.random()));
}
