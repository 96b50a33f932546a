/** A fixed number of equal requests, `connections` of them in flight at a time. */
export interface LoadRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  /** What every answer must be, byte for byte. */
  expectBody?: string;
  connections: number;
  amount: number;
}

export interface LoadResult {
  seconds: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers that were not 2xx or not as expected, and requests without an answer. */
  wrong: number;
}
