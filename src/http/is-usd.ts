import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

const MOST_USD = 1_000_000;

/** How the document shows what `IsUsd` checks, or null. */
export const usdProperty = {
  type: 'number',
  format: 'usd',
  minimum: 0,
  maximum: MOST_USD,
  nullable: true,
} as const satisfies ApiPropertyOptions;

/** Checks that a property is USD; of the decimals only as many as are kept. */
export function IsUsd(): PropertyDecorator {
  return ValidateBy({
    name: 'isUsd',
    validator: {
      validate: (usd: unknown) =>
        typeof usd === 'number' && usd >= 0 && usd <= MOST_USD && Number(usd.toFixed(6)) === usd,
      defaultMessage: (about) =>
        `${about?.property} must be USD from 0 to ${MOST_USD} with at most 6 decimals`,
    },
  });
}
