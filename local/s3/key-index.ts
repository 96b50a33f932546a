/** Orders keys by their UTF-8 bytes, as S3 lists them; plain comparison would order astral characters wrongly. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Lifts surrogates, which stand for characters above U+FFFF, over the units that follow them. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Values by key, which can be walked in S3's order from any point. */
export class KeyIndex<T> {
  private readonly values: Map<string, T>;
  private readonly sorted: string[];

  constructor(entries: Iterable<[key: string, value: T]> = []) {
    this.values = new Map(entries);
    this.sorted = [...this.values.keys()].sort(compareKeys);
  }

  get size(): number {
    return this.sorted.length;
  }

  get(key: string): T | undefined {
    return this.values.get(key);
  }

  set(key: string, value: T): void {
    if (!this.values.has(key)) this.sorted.splice(this.position(key), 0, key);
    this.values.set(key, value);
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.sorted.splice(this.position(key), 1);
  }

  /** Entries from the first key that is not below `start`. The index must not change while walking. */
  *from(start: string): Generator<T> {
    for (let index = this.position(start); index < this.sorted.length; index++) {
      const value = this.values.get(this.sorted[index] ?? '');
      if (value !== undefined) yield value;
    }
  }

  private position(key: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.sorted[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
