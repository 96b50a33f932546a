import { Big } from 'big.js';
import { AppError } from '../errors.js';

/** Whose spending a budget limits: a user's, or an owner's such as `key:{keyId}`. */
export interface Holder {
  kind: 'user' | 'owner';
  id: string;
}

/** A monthly limit and what of it is gone: spent by jobs that have ended or set aside for those that have not. */
export interface Budget extends Holder {
  /** USD, an exact decimal as text. */
  monthlyLimit: string;
  /** USD, an exact decimal as text. */
  committed: string;
}

/** What a job is to cost, and who is to bear it. */
export interface Charge {
  owner: string | null;
  userId: string;
  /** USD, an exact decimal as text. */
  estimatedCost: string;
}

/** Which charges their budgets have room for, and why the others are refused. */
export interface Admission<T extends Charge> {
  admitted: T[];
  refused: { charge: T; error: AppError }[];
}

/** Those whose budgets, if they have any, limit the charge. */
export function holdersOf({ owner, userId }: Pick<Charge, 'owner' | 'userId'>): Holder[] {
  const user: Holder = { kind: 'user', id: userId };
  return owner === null ? [user] : [user, { kind: 'owner', id: owner }];
}

/** Admits, in their order, the charges that fit; each lessens what is left for those after it. */
export function admit<T extends Charge>(charges: T[], budgets: Budget[]): Admission<T> {
  const left = new Map(budgets.map((budget) => [nameOf(budget), leftOf(budget)]));
  const admission: Admission<T> = { admitted: [], refused: [] };
  for (const charge of charges) {
    const names = holdersOf(charge).map(nameOf);
    const tight = budgets.find(
      (budget) => names.includes(nameOf(budget)) && left.get(nameOf(budget))!.lt(charge.estimatedCost),
    );
    if (tight) {
      admission.refused.push({ charge, error: budgetExceeded(charge, tight, left.get(nameOf(tight))!) });
      continue;
    }
    admission.admitted.push(charge);
    for (const name of names) {
      const before = left.get(name);
      if (before) left.set(name, before.minus(charge.estimatedCost));
    }
  }
  return admission;
}

function leftOf({ monthlyLimit, committed }: Budget): Big {
  return new Big(monthlyLimit).minus(committed);
}

function nameOf({ kind, id }: Holder): string {
  return `${kind} ${id}`;
}

function budgetExceeded({ estimatedCost }: Charge, { kind, id, monthlyLimit }: Budget, left: Big): AppError {
  const whose = kind === 'user' ? `the user ${id}` : 'your key';
  const rest = left.lt(0) ? '0' : left.toFixed();
  return new AppError(
    'budget_exceeded',
    `This costs ${new Big(estimatedCost).toFixed()} USD, and of the ${new Big(monthlyLimit).toFixed()} USD that ${whose} may spend this month (UTC) ${rest} USD are left: ask for less, or have the budget raised`,
  );
}
