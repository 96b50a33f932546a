import type { Clock } from './clock.js';
import {
  ApiError,
  badToken,
  insufficientCredit,
  invalidInput,
  invalidVersion,
  missingToken,
  notFound,
} from './errors.js';
import { serverError, throttled, throttledByLowCredit } from './errors.js';
import type { Fault } from './faults.js';
import type { Settings } from './options.js';

/** The answer of an `error` fault: Replicate's own body for its status (default 500), unless `body` is given. */
export function faultAnswer(fault: Fault, settings: Settings): ApiError {
  const status = fault.status ?? 500;
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.body) return new ApiError(status, fault.body, headers);
  const { body } = knownAnswer(fault, status, settings);
  return new ApiError(status, body, headers);
}

function knownAnswer(fault: Fault, status: number, settings: Settings): ApiError {
  switch (status) {
    case 401:
      return fault.variant === 'missing'
        ? missingToken()
        : badToken(fault.variant === 'titled' ? 'titled' : settings.badTokenBody);
    case 402:
      return insufficientCredit();
    case 404:
      return notFound();
    case 422:
      return fault.variant === 'version'
        ? invalidVersion()
        : invalidInput([{ type: 'required', field: 'input', description: 'prompt is required' }]);
    case 429:
      return fault.variant === 'low-credit'
        ? throttledByLowCredit(fault.seconds ?? 5)
        : throttled(fault.seconds ?? 30);
    default:
      return serverError(status);
  }
}

/** Waits when the fault is `slow`. */
export async function slowDown(clock: Clock, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'slow') await clock.sleep(fault.delayMs ?? 60_000);
}
