/**
 * The seconds of `Prefer: wait=n` (RFC 7240), 1 to 60; undefined when the client does not ask to wait. Preferences that
 * cannot be met are ignored, as the RFC has it.
 */
export function readWaitSeconds(prefer: unknown): number | undefined {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,4})"?\s*(?:$|[,;])/i.exec(
    typeof prefer === 'string' ? prefer : '',
  )?.[1];
  return wait === undefined ? undefined : Math.min(60, Math.max(1, Number(wait)));
}

/** Whether the client asks not to be kept waiting (RFC 7240, `respond-async`). */
export function prefersAsync(prefer: unknown): boolean {
  return typeof prefer === 'string' && /(?:^|[,;\s])respond-async\s*(?:$|[,;])/i.test(prefer);
}
