import { HttpException } from '@nestjs/common';
import { AppError, type ErrorCode, type Issue } from '../errors.js';

interface ErrorAnswer {
  status: number;
  title: string;
}

/** The HTTP status and the title of each code. */
const ANSWERS: Record<ErrorCode, ErrorAnswer> = {
  invalid_parameters: { status: 400, title: 'Invalid parameters' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not found' },
  job_not_found: { status: 404, title: 'Job not found' },
  model_not_found: { status: 404, title: 'Model not found' },
  conflict: { status: 409, title: 'Conflict' },
  unprocessable: { status: 422, title: 'Unprocessable' },
  payload_too_large: { status: 413, title: 'Payload too large' },
  headers_too_large: { status: 431, title: 'Headers too large' },
  request_timeout: { status: 408, title: 'Request timeout' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  rate_limited: { status: 429, title: 'Rate limit exceeded' },
  budget_exceeded: { status: 402, title: 'Budget exceeded' },
  service_unavailable: { status: 503, title: 'Service unavailable' },
  provider_rejected: { status: 502, title: 'Provider error' },
  provider_failed: { status: 502, title: 'Provider error' },
  provider_timeout: { status: 504, title: 'Provider error' },
  provider_unavailable: { status: 503, title: 'Service unavailable' },
  content_refused: { status: 422, title: 'Unprocessable' },
  deadline_exceeded: { status: 504, title: 'Provider error' },
  output_missing: { status: 502, title: 'Provider error' },
  output_invalid: { status: 502, title: 'Provider error' },
  storage_failed: { status: 503, title: 'Service unavailable' },
  internal_error: { status: 500, title: 'Internal error' },
};

/** The body of every error answer. */
export interface ErrorBody {
  error: string;
  details: string;
  code: ErrorCode;
  requestId: string;
  issues?: Issue[];
  /** Seconds. */
  retryAfter?: number;
}

/** An error as it leaves the API. */
export interface ErrorReply {
  status: number;
  body: ErrorBody;
}

/** Turns anything thrown into the answer for the client; what is unknown tells nothing but the request's id. */
export function errorReply(thrown: unknown, requestId: string): ErrorReply {
  const error = toAppError(thrown);
  const { status, title } = ANSWERS[error.code];
  const retryAfter = error.retryAfterSeconds ?? (status === 503 ? 5 : undefined);
  return {
    status,
    body: {
      error: title,
      details: error.message,
      code: error.code,
      requestId,
      ...(error.issues.length > 0 ? { issues: error.issues } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  };
}

/** What the framework throws by itself: unknown routes, bodies that are too large, of another type, or no JSON. */
const BY_STATUS: Record<number, [ErrorCode, string]> = {
  400: ['invalid_parameters', 'The request is malformed: send valid JSON in UTF-8'],
  404: ['not_found', 'There is no such address; GET /docs shows all'],
  413: ['payload_too_large', 'The body is too large: send at most 2 MiB'],
  415: ['unsupported_media_type', 'Send the body as application/json'],
};

function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const known = BY_STATUS[statusOf(thrown)];
  if (known) return new AppError(known[0], known[1], { cause: thrown });
  return new AppError(
    'internal_error',
    'Something went wrong on our side; quote the requestId when you report it',
    {
      cause: thrown,
    },
  );
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
