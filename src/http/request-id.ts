import { randomUUID } from 'node:crypto';

/** A request's id: the client's own when it is fit for a header and a log line, else a new one. */
export function requestIdOf(headers: Record<string, unknown>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
