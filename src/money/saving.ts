/** Why money was not spent: a useless request refused, one sent twice answered once, an unchanged scene not made anew. */
export const SAVING_REASONS = ['refused', 'replayed', 'reused'] as const;

export type SavingReason = (typeof SAVING_REASONS)[number];

/** Money that a request did not cost. */
export interface Saving {
  owner: string | null;
  /** Where the request tells it. */
  userId: string | null;
  reason: SavingReason;
  /** USD by the list price, an exact decimal as text. */
  amount: string;
}
