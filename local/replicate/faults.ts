import { ApiError } from './errors.js';
import type { Random } from './random.js';

/** Every fault there is; README.md says what each does and which parameters it takes. */
const faultKinds = {
  create: [
    'reset',
    'reset-after-create',
    'error',
    'error-after-create',
    'slow',
    'status-200',
    'answer-processing',
    'answer-after-webhook',
  ],
  run: [
    'stuck-starting',
    'stuck-processing',
    'failed',
    'aborted',
    'canceled',
    'output-null',
    'output-empty-string',
    'output-empty-array',
    'output-other-shape',
    'output-while-processing',
    'output-bytes',
    'slow',
  ],
  webhook: [
    'drop',
    'duplicate',
    'reorder',
    'delay',
    'outage',
    'answer-lost',
    'redirect',
    'two-signatures',
    'v2-signature-first',
    'wrong-secret',
    'stale-timestamp',
    'future-timestamp',
    'unknown-keys',
  ],
  poll: ['error', 'not-found', 'stale', 'slow', 'reset'],
  list: ['error', 'late', 'slow', 'reset'],
  cancel: ['error', 'slow', 'reset'],
  files: [
    'not-found',
    'forbidden',
    'error',
    'reset',
    'truncated',
    'cut-short',
    'wrong-length',
    'wrong-type',
    'html',
    'empty',
    'undecodable',
    'huge',
    'slow',
    'redirect',
  ],
} as const;

export type FaultPlace = keyof typeof faultKinds;

export type FaultKind<Place extends FaultPlace> = (typeof faultKinds)[Place][number];

interface Match {
  /** `owner/name`. */
  model?: string;
  promptIncludes?: string;
  predictionId?: string;
  /** Only webhooks of this event. */
  event?: string;
}

/** A fault as posted. Without `times` it stays until deleted; without `rate` it happens each time. */
export interface Fault {
  where: FaultPlace;
  kind: string;
  match?: Match;
  times?: number;
  /** Share of the matching occasions, 0–1. */
  rate?: number;
  status?: number;
  body?: Record<string, unknown>;
  retryAfter?: number;
  /** For a 401 or 429 with several known bodies. */
  variant?: string;
  code?: string;
  error?: string;
  delayMs?: number;
  seconds?: number;
  copies?: number;
  bytes?: number;
  bytesPerSecond?: number;
  contentType?: string;
  location?: string;
}

/** A fault that was drawn, with its kind narrowed to its place. */
export type DrawnFault<Place extends FaultPlace> = Fault & { kind: FaultKind<Place> };

/** What a fault may be matched against. */
export interface Occasion {
  model?: string | undefined;
  prompt?: unknown;
  predictionId?: string | undefined;
  event?: string | undefined;
}

/** Scripted faults, drawn in the order in which they were added; chance comes from the simulator's seed. */
export class Faults {
  #standing: Fault[] = [];

  constructor(private readonly random: Random) {}

  /** Adds one fault or a list; throws a 400 naming what is wrong. */
  add(posted: unknown): Fault[] {
    const added = (Array.isArray(posted) ? posted : [posted]).map(readFault);
    this.#standing.push(...added);
    return added;
  }

  read(): Fault[] {
    return this.#standing;
  }

  clear(): void {
    this.#standing = [];
  }

  /** The first fault that applies, used up by one. */
  draw<Place extends FaultPlace>(where: Place, occasion: Occasion): DrawnFault<Place> | undefined {
    const fault = this.#standing.find(
      (one) => one.where === where && matches(one, occasion) && this.#chance(one),
    );
    if (!fault) return undefined;
    if (fault.times !== undefined) fault.times -= 1;
    if (fault.times === 0) this.#standing = this.#standing.filter((one) => one !== fault);
    return fault as DrawnFault<Place>;
  }

  #chance(fault: Fault): boolean {
    return fault.rate === undefined || this.random.next() < fault.rate;
  }
}

function matches({ match = {} }: Fault, occasion: Occasion): boolean {
  return (
    (match.model === undefined || match.model === occasion.model) &&
    (match.predictionId === undefined || match.predictionId === occasion.predictionId) &&
    (match.event === undefined || match.event === occasion.event) &&
    (match.promptIncludes === undefined ||
      (typeof occasion.prompt === 'string' && occasion.prompt.includes(match.promptIncludes)))
  );
}

function readFault(posted: unknown): Fault {
  const fault = { ...(posted as Fault) };
  const places = Object.keys(faultKinds);
  if (!places.includes(fault.where)) throw badFault(`where must be one of ${places.join(', ')}`);
  const kinds: readonly string[] = faultKinds[fault.where];
  if (!kinds.includes(fault.kind))
    throw badFault(`kind must, for ${fault.where}, be one of ${kinds.join(', ')}`);
  return fault;
}

function badFault(detail: string): ApiError {
  return new ApiError(400, { detail });
}
