import { median } from './statistics.js';

/** The rounds of all contenders, taken one straight after the other. */
export interface Pass<Name extends string, Figures> {
  figures: Record<Name, Figures>;
  /** Wall time of a fixed piece of work before each round: what the neighbours took. */
  controlMs: number[];
  discarded: boolean;
}

const CONTROL_ROUNDS = 15;
const CONTROL_TOLERANCE = 0.2;
/** With fewer good passes than this share the machine is taken as it is, and the report says so. */
const LEAST_KEPT = 0.5;

/**
 * Runs the contenders `count` times, every other time in reverse order (A B B A …). A pass is marked discarded when a
 * control before one of its rounds is more than 20 % off the median of all controls; when that would leave less than
 * half of them, none is.
 */
export async function interleave<Name extends string, Figures>(
  contenders: Record<Name, () => Promise<Figures>>,
  count: number,
): Promise<Pass<Name, Figures>[]> {
  const names = Object.keys(contenders) as Name[];
  const passes: Pass<Name, Figures>[] = [];
  for (let index = 0; index < count; index += 1) {
    const pass = { figures: {} as Record<Name, Figures>, controlMs: [] as number[], discarded: false };
    for (const name of index % 2 === 0 ? names : names.toReversed()) {
      pass.controlMs.push(controlMs());
      pass.figures[name] = await contenders[name]();
    }
    passes.push(pass);
  }
  return markDiscarded(passes);
}

/** Marks the passes whose controls stray; pure but for the mark. */
export function markDiscarded<P extends { controlMs: number[]; discarded: boolean }>(passes: P[]): P[] {
  const usual = median(passes.flatMap((pass) => pass.controlMs));
  const strays = (ms: number) => Math.abs(ms / usual - 1) > CONTROL_TOLERANCE;
  const marked = passes.map((pass) => ({ ...pass, discarded: pass.controlMs.some(strays) }));
  const kept = marked.filter((pass) => !pass.discarded).length;
  return kept >= passes.length * LEAST_KEPT ? marked : passes;
}

/** The quickest of several equal pieces of work would hide the neighbours, so the middle one counts. */
function controlMs(): number {
  return median(Array.from({ length: CONTROL_ROUNDS }, timeSpin));
}

function timeSpin(): number {
  const startedMs = performance.now();
  let sum = 0;
  for (let step = 0; step < 1_000_000; step += 1) sum = (sum + step * 7) % 1_000_003;
  return performance.now() - startedMs + (sum < 0 ? 1 : 0);
}
