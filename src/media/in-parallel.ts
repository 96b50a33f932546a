/** Runs `work` on each item, `width` at a time; the first failure aborts the others, and is thrown once they ended. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  signal: AbortSignal,
  work: (item: T, index: number, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const waiting = items.entries();
  const results: R[] = [];
  const run = async () => {
    for (const [index, item] of waiting) {
      either.throwIfAborted();
      results[index] = await work(item, index, either);
    }
  };
  const lanes = Array.from({ length: width }, () => run().catch((error: unknown) => failed.abort(error)));
  await Promise.all(lanes);
  failed.signal.throwIfAborted();
  return results;
}

/** Gives all results, or the failure that stands first among them, once none of the works runs any more. */
export async function allEnded<Results extends unknown[]>(
  ...works: { [Index in keyof Results]: Promise<Results[Index]> }
): Promise<Results> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
