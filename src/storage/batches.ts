/** How many batches may be under way, and the most items of one. */
interface BatchLimits {
  atOnce: number;
  most: number;
}

/**
 * Work that is cheaper together: what arrives in one turn of the event loop, or while batches are under way, goes in one;
 * what comes alone waits for nobody.
 */
export class Batches<Item> {
  private readonly waiting: Item[] = [];
  private underWay = 0;
  private gathering = false;

  /** `work` settles its items itself: it never rejects. */
  constructor(
    private readonly limits: BatchLimits,
    private readonly work: (batch: Item[]) => Promise<void>,
  ) {}

  add(item: Item): void {
    this.waiting.push(item);
    if (this.gathering) return;
    this.gathering = true;
    setImmediate(() => {
      this.gathering = false;
      this.proceed();
    });
  }

  /** Takes out what has not begun. */
  takeWaiting(): Item[] {
    return this.waiting.splice(0);
  }

  private proceed(): void {
    while (this.underWay < this.limits.atOnce && this.waiting.length > 0) {
      void this.workOn(this.waiting.splice(0, this.limits.most));
    }
  }

  private async workOn(batch: Item[]): Promise<void> {
    this.underWay += 1;
    try {
      await this.work(batch);
    } finally {
      this.underWay -= 1;
      this.proceed();
    }
  }
}
