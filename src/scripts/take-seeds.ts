const SEEDS = 2 ** 31;

/**
 * Seeds of the next `count` takes: the scene's own, then one more for each take, past those that takes have already.
 * All undefined where the scene has no seed and the model picks one.
 */
export function nextSeeds(
  own: number | undefined,
  used: ReadonlySet<number>,
  count: number,
): (number | undefined)[] {
  if (own === undefined) return Array.from({ length: count }, () => undefined);
  const seeds: number[] = [];
  for (let step = 0; seeds.length < count; step += 1) {
    const seed = (own + step) % SEEDS;
    if (!used.has(seed)) seeds.push(seed);
  }
  return seeds;
}
