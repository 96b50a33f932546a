import type { Random } from '../../../local/replicate/random.js';
import { CRASH_POINTS, type CrashPoint } from '../../../src/crash-points.js';

export type Role = 'api' | 'worker';

const OF_THE_API: CrashPoint[] = ['job-stored', 'cancel-wished', 'webhook-stored'];

/** A process dies at one of its first so many passes. */
const LATEST_PASS = 3;

/** Hands out crash points until a process has died at each of them often enough. */
export class CrashPlan {
  private readonly deaths = new Map<CrashPoint, number>(CRASH_POINTS.map((point) => [point, 0]));
  private readonly armed = new Map<CrashPoint, number>(CRASH_POINTS.map((point) => [point, 0]));

  constructor(
    private readonly deathsAtEach: number,
    private readonly random: Random,
  ) {}

  /** The point at which a new process of the role shall die: of those still wanted the one tried least. */
  next(role: Role): CrashPoint | undefined {
    const wanted = this.missing().filter((point) => roleOf(point) === role);
    const point = wanted.sort((a, b) => this.armed.get(a)! - this.armed.get(b)!)[0];
    if (point) this.armed.set(point, this.armed.get(point)! + 1);
    return point;
  }

  /** The variable's value that has a process die at the point. */
  variable(point: CrashPoint): string {
    return `${point}:${1 + this.random.integer(LATEST_PASS)}`;
  }

  noteDeath(point: CrashPoint): void {
    this.deaths.set(point, this.deaths.get(point)! + 1);
  }

  get total(): number {
    return [...this.deaths.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The points at which too few have died. */
  missing(): CrashPoint[] {
    return CRASH_POINTS.filter((point) => this.deaths.get(point)! < this.deathsAtEach);
  }
}

function roleOf(point: CrashPoint): Role {
  return OF_THE_API.includes(point) ? 'api' : 'worker';
}
