import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorDto } from './error.dto.js';

const DESCRIPTIONS: Record<number, string> = {
  400: 'Invalid parameters: every fault is named',
  401: 'Unauthorized: the key or signature is missing or wrong',
  404: 'Not found',
  409: 'Conflict with the present state',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'The Idempotency-Key came with another request',
  503: 'PostgreSQL cannot be reached; Retry-After tells when to try again',
};

/** Documents the error answers of a route. */
export function ApiErrors(...statuses: number[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, type: ErrorDto, description: DESCRIPTIONS[status] ?? '' }),
    ),
  );
}
