import { AppError } from '../errors.js';
import type { StoredAnswer } from '../idempotency/idempotency.repository.js';
import type { Saving } from '../money/saving.js';

type Asker = Pick<Saving, 'owner' | 'userId'>;

/** What the refusal of a generation saved: that which the provider would have billed and made something else of. */
export function refusedSaving(asker: Asker, error: unknown): Saving | undefined {
  if (!(error instanceof AppError) || error.wouldHaveCost === undefined) return undefined;
  return { ...asker, reason: 'refused', amount: error.wouldHaveCost };
}

/** What a repetition saved that got the first answer again, which tells an estimate. */
export function replayedSaving(asker: Asker, { body }: StoredAnswer): Saving | undefined {
  const { estimatedCost } = JSON.parse(body) as { estimatedCost?: unknown };
  if (typeof estimatedCost !== 'number') return undefined;
  return { ...asker, reason: 'replayed', amount: String(estimatedCost) };
}
