import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import type { Saving, SavingReason } from './saving.js';
import type { UsageGroup } from './usage.dto.js';
import type { Period } from './usage-period.js';

/** What jobs used, added up; costs are USD, exact decimals as text, seconds what their outputs play. */
export interface UsageSum {
  group: string | null;
  jobs: number;
  completed: number;
  failed: number;
  estimatedCost: string;
  actualCost: string;
  seconds: string;
}

/** Requests that saved money for one reason. */
export interface CountedSaving extends Saving {
  requests: number;
}

export interface SavingSum {
  reason: SavingReason;
  requests: number;
  /** USD, an exact decimal as text. */
  amount: string;
}

/** The most groups that a report tells; its total counts all. */
const MOST_GROUPS = 10_000;

/** The column of a group, and how it is told. */
const GROUPS: Record<UsageGroup, { column: string; label: string }> = {
  day: { column: 'day', label: `to_char(day, 'YYYY-MM-DD')` },
  model: { column: 'model_id', label: 'model_id' },
  user: { column: 'user_id', label: 'user_id' },
  script: { column: 'script_id', label: 'script_id::text' },
  key: { column: 'owner', label: `CASE WHEN owner LIKE 'key:%' THEN substr(owner, 5) ELSE owner END` },
};

/** Two statements, so that each is planned for what it looks for. */
const ofOwner = (owner: string | undefined) => (owner === undefined ? '' : 'AND owner = $3');

/** The total comes first. Grouping by a bare column, and the total from the groups, lets PostgreSQL add up in parallel. */
function sumBy(groupBy: UsageGroup, owner: string | undefined) {
  const { column, label } = GROUPS[groupBy];
  const order = groupBy === 'day' ? '"group"' : '"actualCost" DESC, "estimatedCost" DESC, "group"';
  return {
    name: `usage-by-${groupBy}${owner === undefined ? '' : '-of-owner'}`,
    text: `
      WITH sums AS MATERIALIZED (
        SELECT ${column}, sum(jobs) AS jobs, sum(completed) AS completed, sum(failed) AS failed,
          sum(estimated_cost) AS estimated, sum(actual_cost) AS actual, sum(seconds) AS seconds
        FROM replicate.usage WHERE day BETWEEN $1 AND $2 ${ofOwner(owner)} GROUP BY ${column})
      SELECT true AS "isTotal", NULL AS "group", COALESCE(sum(jobs), 0)::float8 AS jobs,
        COALESCE(sum(completed), 0)::float8 AS completed, COALESCE(sum(failed), 0)::float8 AS failed,
        COALESCE(sum(estimated), 0) AS "estimatedCost", COALESCE(sum(actual), 0) AS "actualCost",
        COALESCE(sum(seconds), 0) AS seconds
      FROM sums
      UNION ALL SELECT false, ${label}, jobs::float8, completed::float8, failed::float8, estimated, actual, seconds FROM sums
      ORDER BY "isTotal" DESC, ${order} LIMIT ${MOST_GROUPS + 1}`,
  };
}

const savedOf = (owner: string | undefined) => ({
  name: `money-saved${owner === undefined ? '' : '-of-owner'}`,
  text: `
    SELECT reason, sum(requests)::float8 AS requests, sum(amount) AS amount FROM replicate.money_saved
    WHERE day BETWEEN $1 AND $2 ${ofOwner(owner)} GROUP BY reason ORDER BY reason`,
});

/** In a fixed order, so that no two processes wait for each other. */
const ADD_SAVINGS = {
  name: 'money-saved-add',
  text: `
    INSERT INTO replicate.money_saved AS sums (day, owner, user_id, reason, requests, amount)
    SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date, owner, "userId", reason, requests, amount
    FROM jsonb_to_recordset($1) AS saving (owner text, "userId" text, reason text, requests integer, amount numeric)
    ORDER BY owner, "userId", reason
    ON CONFLICT ON CONSTRAINT money_saved_key DO UPDATE
      SET requests = sums.requests + excluded.requests, amount = sums.amount + excluded.amount`,
};

/** The SQL of usage. What has ended is kept added up by day, so that only open jobs are read one by one. */
@Injectable()
export class UsageRepository {
  constructor(private readonly database: Database) {}

  /** The total and the groups, of the owner's jobs where one is given. */
  async sum(
    { from, to }: Period,
    groupBy: UsageGroup,
    owner: string | undefined,
  ): Promise<{ total: UsageSum; groups: UsageSum[] }> {
    const values = [from, to, ...(owner === undefined ? [] : [owner])];
    const [total, ...groups] = await this.database.query<UsageSum>(sumBy(groupBy, owner), values);
    return { total: total!, groups };
  }

  saved({ from, to }: Period, owner: string | undefined): Promise<SavingSum[]> {
    return this.database.query<SavingSum>(savedOf(owner), [
      from,
      to,
      ...(owner === undefined ? [] : [owner]),
    ]);
  }

  async addSavings(savings: CountedSaving[]): Promise<void> {
    await this.database.query(ADD_SAVINGS, [JSON.stringify(savings)]);
  }
}
