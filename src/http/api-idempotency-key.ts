import { ApiHeader } from '@nestjs/swagger';

const PATTERN = '^("[!-~]{1,255}"|(?!""$)[!-~]{1,255})$';

/** Documents the Idempotency-Key of a route that creates. */
export function ApiIdempotencyKey(): MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Makes a repetition within 24 h get the first answer and have no second effect.',
    schema: { type: 'string', pattern: PATTERN },
  });
}
