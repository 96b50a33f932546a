import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import fc from 'fast-check';
import { AppError, invalidParameters, type ErrorCode } from '../../../src/errors.js';
import { errorReply } from '../../../src/http/error-body.js';

const ANSWERS: [ErrorCode, number, string][] = [
  ['invalid_parameters', 400, 'Invalid parameters'],
  ['unauthorized', 401, 'Unauthorized'],
  ['budget_exceeded', 402, 'Budget exceeded'],
  ['forbidden', 403, 'Forbidden'],
  ['not_found', 404, 'Not found'],
  ['job_not_found', 404, 'Job not found'],
  ['model_not_found', 404, 'Model not found'],
  ['request_timeout', 408, 'Request timeout'],
  ['conflict', 409, 'Conflict'],
  ['payload_too_large', 413, 'Payload too large'],
  ['unsupported_media_type', 415, 'Unsupported media type'],
  ['unprocessable', 422, 'Unprocessable'],
  ['content_refused', 422, 'Unprocessable'],
  ['rate_limited', 429, 'Rate limit exceeded'],
  ['headers_too_large', 431, 'Headers too large'],
  ['internal_error', 500, 'Internal error'],
  ['provider_rejected', 502, 'Provider error'],
  ['provider_failed', 502, 'Provider error'],
  ['output_missing', 502, 'Provider error'],
  ['output_invalid', 502, 'Provider error'],
  ['service_unavailable', 503, 'Service unavailable'],
  ['provider_unavailable', 503, 'Service unavailable'],
  ['storage_failed', 503, 'Service unavailable'],
  ['provider_timeout', 504, 'Provider error'],
  ['deadline_exceeded', 504, 'Provider error'],
];

const SECRET = 'canary-7f3a';

describe('the answer to an error', () => {
  it.each(ANSWERS)('%s is %i %s', (code, status, error) => {
    const reply = errorReply(new AppError(code, 'what to do'), 'r1');
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ error, details: 'what to do', code, requestId: 'r1' });
  });

  it('joins several faults and lists them', () => {
    const issues = [
      { path: 'userId', message: 'userId must be text' },
      { path: 'parameters.fps', message: 'fps must be at most 60' },
    ];
    expect(errorReply(invalidParameters(issues), 'r1').body).toEqual({
      error: 'Invalid parameters',
      details: 'userId must be text; fps must be at most 60',
      code: 'invalid_parameters',
      requestId: 'r1',
      issues,
    });
  });

  it.each([
    ['rate_limited', 42, 42],
    ['service_unavailable', 2, 2],
    ['service_unavailable', undefined, 5],
    ['storage_failed', undefined, 5],
    ['conflict', undefined, undefined],
  ] as const)('%s with a wait of %s s tells to wait %s s', (code, retryAfterSeconds, told) => {
    const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    expect(errorReply(new AppError(code, 'x', options), 'r1').body.retryAfter).toBe(told);
  });

  it.each([
    ['a route that does not exist', new NotFoundException(`Cannot GET /${SECRET}`), 404, 'not_found'],
    ['JSON that cannot be read', new BadRequestException(`Unexpected ${SECRET}`), 400, 'invalid_parameters'],
    ['a body too large', Object.assign(new Error(SECRET), { statusCode: 413 }), 413, 'payload_too_large'],
    ['another type', Object.assign(new Error(SECRET), { statusCode: 415 }), 415, 'unsupported_media_type'],
    ['an unknown error', new Error(SECRET), 500, 'internal_error'],
    ['a server’s fault of the framework', new HttpException(SECRET, 500), 500, 'internal_error'],
    ['an error of a library', Object.assign(new Error(SECRET), { code: '42P01' }), 500, 'internal_error'],
  ])('%s is told in our own words', (_what, thrown, status, code) => {
    const reply = errorReply(thrown, 'r1');
    expect(reply.status).toBe(status);
    expect(reply.body.code).toBe(code);
    expect(JSON.stringify(reply)).not.toContain(SECRET);
  });

  it('never tells a cause', () => {
    const error = new AppError('storage_failed', 'try again', { cause: new Error(SECRET), retryable: true });
    expect(JSON.stringify(errorReply(error, 'r1'))).not.toContain(SECRET);
  });

  it('has the same shape whatever is thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const { status, body } = errorReply(thrown, 'r1');
        expect(status).toBeGreaterThanOrEqual(400);
        expect(body).toMatchObject({
          error: expect.any(String) as string,
          details: expect.any(String) as string,
          code: expect.any(String) as string,
          requestId: 'r1',
        });
      }),
    );
  });
});
