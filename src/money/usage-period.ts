/** Days by UTC, such as `2026-11-01`, both included. */
export interface Period {
  from: string;
  to: string;
}

/** The days that PostgreSQL and the document can tell. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T00:00:00Z');

const IS_DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * The days between two bounds, each a day or a time: the day of `from`, by default the first of the month of the last day;
 * and that of `to`, by default today. A time just at the end of a day, as `to`, ends with that day.
 */
export function usagePeriod({ from, to }: Partial<Period>, now: Date): Period {
  const last = dayOf(
    to === undefined ? now.getTime() : IS_DAY.test(to) ? Date.parse(to) : Date.parse(to) - 1,
  );
  return { from: from === undefined ? `${last.slice(0, 8)}01` : dayOf(Date.parse(from)), to: last };
}

function dayOf(time: number): string {
  return new Date(Math.min(Math.max(time, FIRST_MS), LAST_MS)).toISOString().slice(0, 10);
}
