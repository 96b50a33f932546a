import { readCursor, writeCursor } from '../jobs/job-cursor.js';
import type { Position } from './scripts.repository.js';

/** Entries of a list up to its limit, and the cursor of what comes after them. */
export interface Page<T> {
  entries: T[];
  nextCursor: string | null;
}

/** The place after which a page begins; throws `invalid_parameters` for a cursor that is none. */
export function positionOf(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const { createdAt, jobId } = readCursor(cursor);
  return { createdAt, id: jobId };
}

/** Cuts a page out of entries of which one more than `limit` was asked for. */
export function pageOf<T extends { createdAt: Date }>(
  found: T[],
  limit: number,
  idOf: (entry: T) => string,
): Page<T> {
  const entries = found.slice(0, limit);
  const last = found.length > limit ? entries.at(-1) : undefined;
  const nextCursor = last ? writeCursor({ createdAt: last.createdAt, jobId: idOf(last) }) : null;
  return { entries, nextCursor };
}
