import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '../../../local/replicate/random.js';
import type { Database } from '../../../src/storage/database.js';

const PRESENT = new AsyncLocalStorage<Turns>();

/**
 * Plays operations against the database side by side, one statement at a time: when all of them wait for a statement, the
 * seed says whose is next. So every order of their statements can come about, and comes about again with its seed.
 */
export class Turns {
  private readonly parked: (() => void)[] = [];
  private moving = 0;

  constructor(private readonly random: Random) {}

  async play(operations: (() => Promise<void>)[]): Promise<void> {
    this.moving = operations.length;
    await Promise.all(
      operations.map((operation) => PRESENT.run(this, () => operation().finally(() => this.rest()))),
    );
  }

  /** Within an operation: more of them side by side; resolves when they have ended. */
  async branch(operations: (() => Promise<void>)[]): Promise<void> {
    this.moving += operations.length;
    this.rest();
    await Promise.all(operations.map((operation) => operation().finally(() => this.rest())));
    this.moving += 1;
  }

  /** Resolves when it is this statement's turn. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.parked.push(resolve);
      this.rest();
    });
  }

  private rest(): void {
    this.moving -= 1;
    if (this.moving > 0) return;
    const [chosen] = this.parked.splice(this.random.integer(this.parked.length), 1);
    if (!chosen) return;
    this.moving += 1;
    chosen();
  }
}

/** From now on each statement of an operation that is being played waits for its turn. */
export function takeTurns(database: Database): void {
  const { query, transaction } = { query: database.query, transaction: database.transaction };
  database.query = async function waiting<Row>(...given: Parameters<Database['query']>) {
    await PRESENT.getStore()?.wait();
    return (await query.apply(database, given)) as Row[];
  };
  database.transaction = async function waiting<T>(work: Parameters<typeof transaction<T>>[0]) {
    await PRESENT.getStore()?.wait();
    return transaction.call(database, work) as Promise<T>;
  };
}
