/** An answer of the API that is not a success; `body` is sent as it stands. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
    readonly headers: Record<string, string> = {},
  ) {
    super(`HTTP ${status}: ${JSON.stringify(body)}`);
    this.name = 'ApiError';
  }
}

/** One line of a 422: `field` is empty for the request body itself. */
export interface InvalidField {
  type: string;
  field: string;
  description: string;
}

export type BadTokenBody = 'titled' | 'plain';

export function missingToken(): ApiError {
  const detail = 'You did not pass an authentication token';
  return new ApiError(401, { title: 'Unauthenticated', detail, status: 401 });
}

/** Replicate has answered both bodies; the plain one since September 2026. */
export function badToken(body: BadTokenBody): ApiError {
  if (body === 'plain') return new ApiError(401, { detail: 'Invalid or expired API token.' });
  const detail = 'You did not pass a valid authentication token';
  return new ApiError(401, { title: 'Unauthenticated', detail, status: 401 });
}

export function insufficientCredit(): ApiError {
  const detail =
    'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit. ' +
    'Once you purchase credit, please wait a few minutes before trying again.';
  return new ApiError(402, { title: 'Insufficient credit', detail, status: 402 });
}

export function notFound(): ApiError {
  return new ApiError(404, { detail: 'The requested resource could not be found.', status: 404 });
}

export function fileNotFound(): ApiError {
  return new ApiError(404, { detail: 'File not found' }, { 'content-type': 'application/problem+json' });
}

export function fileTooLarge(): ApiError {
  const detail = 'Files must be less than 100MB in size';
  return new ApiError(413, { detail }, { 'content-type': 'application/problem+json' });
}

export function invalidVersion(): ApiError {
  const detail = "The specified version does not exist (or perhaps you don't have permission to use it?)";
  return new ApiError(422, { title: 'Invalid version or not permitted', detail, status: 422 });
}

export function invalidInput(fields: InvalidField[]): ApiError {
  const line = ({ field, description }: InvalidField) => `- ${field ? `${field}: ` : ''}${description}\n`;
  const detail = fields.map(line).join('');
  return new ApiError(422, { detail, status: 422, title: 'Input validation failed', invalid_fields: fields });
}

export function throttled(resetSeconds: number): ApiError {
  return new ApiError(429, { detail: `Request was throttled. Your rate limit resets in ~${resetSeconds}s.` });
}

export function throttledByLowCredit(resetSeconds: number): ApiError {
  const detail =
    'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests ' +
    `while you have less than $5.0 in credit. Your rate limit resets in ~${resetSeconds}s.`;
  return new ApiError(429, { detail, status: 429, retry_after: resetSeconds });
}

export function serverError(status: number): ApiError {
  return new ApiError(status, { detail: 'Internal server error', status });
}
