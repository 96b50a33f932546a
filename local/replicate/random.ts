import { createHash } from 'node:crypto';

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Numbers that follow from a seed alone: the same seed gives the same ids, timings and faults (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: string | number) {
    this.#state = createHash('sha256').update(String(seed)).digest().readUInt32LE();
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** Lower-case letters and digits, as in Replicate's identifiers. */
  id(length = 26): string {
    return Array.from({ length }, () => idAlphabet[this.integer(idAlphabet.length)]).join('');
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.integer(256)));
  }
}
