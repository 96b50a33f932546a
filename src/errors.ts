/** Stable codes of everything that can go wrong; clients see them as `code`, the error filter maps each to a status. */
export type ErrorCode =
  | 'invalid_parameters'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'job_not_found'
  | 'model_not_found'
  | 'conflict'
  | 'unprocessable'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'request_timeout'
  | 'rate_limited'
  | 'budget_exceeded'
  | 'service_unavailable'
  | 'provider_rejected'
  | 'provider_failed'
  | 'provider_timeout'
  | 'provider_unavailable'
  | 'content_refused'
  | 'deadline_exceeded'
  | 'output_missing'
  | 'output_invalid'
  | 'storage_failed'
  | 'internal_error';

/** One fault in what a client sent: where it stands (`parameters.fps`) and how to mend it. */
export interface Issue {
  path: string;
  message: string;
}

/** How much of a limit is left, and in how many seconds it starts anew. */
export interface RateLimit {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

interface AppErrorOptions {
  /** Every fault at once, when there are several. */
  issues?: Issue[];
  /** Whether doing the same again can succeed; a queue message whose error is not retryable is given up at once. */
  retryable?: boolean;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  /** The limit that was reached. */
  rateLimit?: RateLimit;
  /** USD that a refused request would have cost for something else than it asks for; an exact decimal. */
  wouldHaveCost?: string | undefined;
  cause?: unknown;
}

/** The only error class the rooms throw. `message` is safe to show to a client; what is not stands in `cause`. */
export class AppError extends Error {
  readonly issues: Issue[];
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly rateLimit: RateLimit | undefined;
  readonly wouldHaveCost: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.issues = options.issues ?? [];
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.rateLimit = options.rateLimit;
    this.wouldHaveCost = options.wouldHaveCost;
  }
}

/** Gathers all faults into one `invalid_parameters` error whose message joins them. */
export function invalidParameters(issues: Issue[], wouldHaveCost?: string): AppError {
  const message = issues.map((issue) => issue.message).join('; ');
  return new AppError('invalid_parameters', message, { issues, wouldHaveCost });
}
