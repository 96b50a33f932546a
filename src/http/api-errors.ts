import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorDto } from './error.dto.js';

/** What each error status means, on any route. */
export const ERROR_DESCRIPTIONS: Record<number, string> = {
  400: 'Invalid parameters: every fault is named',
  401: 'Unauthorized: the key or signature is missing or wrong',
  402: 'Budget exceeded: this would cost more than is left of the month; the details tell how much is',
  403: 'Forbidden: the key lacks the scope, or is for another user',
  404: 'Not found',
  408: 'The request did not come in full within 30 seconds',
  409: 'Conflict with the present state',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'The Idempotency-Key came with another request, or what is asked for cannot be made of what is there',
  429: 'Rate limit exceeded: too many generations in an hour, or wrong keys; Retry-After tells when to try again',
  431: 'The address and the headers are too large',
  500: 'Something went wrong on our side',
  503: 'PostgreSQL cannot be reached, or the process is stopping; Retry-After tells when to try again',
};

/** Documents the error answers of a route. */
export function ApiErrors(...statuses: number[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, type: ErrorDto, description: ERROR_DESCRIPTIONS[status] ?? '' }),
    ),
  );
}
