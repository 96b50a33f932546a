import type { PostAnswer } from '../../egress/post-client.js';
import type { DisabledReason } from './endpoint.js';

/** Seconds from one try to the next; together they are above a day, so that a bad night of the receiver's is bridged. */
const WAITS_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/** How often a delivery is tried. */
export const MOST_TRIES = WAITS_SECONDS.length + 1;

/** Share of a wait that is added by chance, so that what failed together does not come back together. */
const JITTER = 0.2;

/** A receiver that asks for more patience than this gets this much. */
const LONGEST_ASKED_SECONDS = 3_600;

const GONE = 410;

/** What follows from an attempt. */
export interface Verdict {
  status: 'pending' | 'delivered' | 'failed';
  /** Until the next try, of one that is pending. */
  waitSeconds: number | null;
  /** What it says of the endpoint; null when nothing was sent. */
  well: boolean | null;
  disable: DisabledReason | null;
}

/** Judges the answer to the `tries`-th try, from 1: only 2xx is success. `chance` is from 0 to 1. */
export function judge(answer: PostAnswer, tries: number, chance: number): Verdict {
  const { httpStatus } = answer;
  if (httpStatus !== null && httpStatus >= 200 && httpStatus < 300) {
    return { status: 'delivered', waitSeconds: null, well: true, disable: null };
  }
  if (httpStatus === GONE) return { status: 'failed', waitSeconds: null, well: false, disable: 'gone' };
  const wait = WAITS_SECONDS[tries - 1];
  if (wait === undefined) return { status: 'failed', waitSeconds: null, well: false, disable: null };
  const asked = Math.min(answer.retryAfterSeconds ?? 0, LONGEST_ASKED_SECONDS);
  const waitSeconds = Math.max(wait * (1 + JITTER * chance), asked);
  return { status: 'pending', waitSeconds, well: false, disable: null };
}

/** The end of a delivery that nothing is sent for. */
export function notSent(disable: DisabledReason | null): Verdict {
  return { status: 'failed', waitSeconds: null, well: null, disable };
}
