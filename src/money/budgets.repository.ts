import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../storage/database.js';
import type { Budget, Holder } from './budget.js';

/** How a user's month stands; amounts are USD, exact decimals as text. */
export interface BudgetStanding {
  /** By UTC, such as `2026-11`. */
  month: string;
  /** None when absent. */
  monthlyLimit: string | null;
  /** What jobs created this month that have ended cost. */
  spent: string;
  /** What jobs created this month that have not ended are estimated to cost. */
  reserved: string;
}

/** The first day of the month, read once so that an index may be searched for it. */
const MONTH = `month AS MATERIALIZED (SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date AS start)`;

/** In a fixed order, so that no two transactions wait for each other. */
const LOCK = `
  SELECT kind, id FROM replicate.budgets
  WHERE (kind, id) IN (SELECT kind, id FROM unnest($1::text[], $2::text[]) AS holder (kind, id))
  ORDER BY kind, id FOR UPDATE`;

/** A statement of its own, after the locks: so it sees what those committed who held them before. */
const READ = `
  WITH ${MONTH}
  SELECT kind, id, monthly_limit AS "monthlyLimit", CASE kind
    WHEN 'user' THEN (SELECT COALESCE(sum(actual_cost + reserved_cost), 0) FROM replicate.usage
      WHERE user_id = budget.id AND day >= (SELECT start FROM month))
    ELSE (SELECT COALESCE(sum(actual_cost + reserved_cost), 0) FROM replicate.usage
      WHERE owner = budget.id AND day >= (SELECT start FROM month)) END AS committed
  FROM replicate.budgets budget
  WHERE (kind, id) IN (SELECT kind, id FROM unnest($1::text[], $2::text[]) AS holder (kind, id))
  ORDER BY kind, id`;

const STANDING = {
  name: 'budget-standing',
  text: `
    WITH ${MONTH}
    SELECT to_char(start, 'YYYY-MM') AS month,
      (SELECT monthly_limit FROM replicate.budgets WHERE kind = 'user' AND id = $1) AS "monthlyLimit",
      COALESCE(sum(actual_cost), 0) AS spent, COALESCE(sum(reserved_cost), 0) AS reserved
    FROM month LEFT JOIN replicate.usage ON user_id = $1 AND day >= (SELECT start FROM month)
    GROUP BY start`,
};

const SET = {
  name: 'budget-set',
  text: `INSERT INTO replicate.budgets (kind, id, monthly_limit) VALUES ($1, $2, $3)
    ON CONFLICT (kind, id) DO UPDATE SET monthly_limit = excluded.monthly_limit, updated_at = clock_timestamp()`,
};

const LIFT = { name: 'budget-lift', text: 'DELETE FROM replicate.budgets WHERE kind = $1 AND id = $2' };

/**
 * The SQL of budgets. Nothing counts what is spent: it is summed from the usage of the month in which jobs were created,
 * so that it cannot drift from the jobs.
 */
@Injectable()
export class BudgetsRepository {
  constructor(private readonly database: Database) {}

  /** Reads the budgets of those holders who have one, and keeps them from everybody else until the transaction ends. */
  async lockWithin(manager: EntityManager, holders: Holder[]): Promise<Budget[]> {
    const values = [holders.map(({ kind }) => kind), holders.map(({ id }) => id)];
    const locked = await manager.query<Holder[]>(LOCK, values);
    return locked.length > 0 ? manager.query<Budget[]>(READ, values) : [];
  }

  async standingOf(userId: string): Promise<BudgetStanding> {
    const [standing] = await this.database.query<BudgetStanding>(STANDING, [userId]);
    return standing!;
  }

  /** Sets a limit of USD, an exact decimal as text; null lifts it. */
  async limit({ kind, id }: Holder, monthlyLimit: string | null): Promise<void> {
    if (monthlyLimit === null) await this.database.query(LIFT, [kind, id]);
    else await this.database.query(SET, [kind, id, monthlyLimit]);
  }
}
