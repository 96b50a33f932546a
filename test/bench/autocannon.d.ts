declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    url: string;
    method: string;
    headers: Record<string, string>;
    body?: string;
    expectBody?: string;
    connections: number;
    amount: number;
    sampleInt: number;
    bailout: number;
  }

  interface Result {
    '2xx': number;
    non2xx: number;
    errors: number;
    mismatches: number;
  }

  export default function autocannon(
    options: Options,
    done: (error: unknown, result: Result) => void,
  ): EventEmitter;
}
