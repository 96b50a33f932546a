import { isISO8601, ValidateBy } from 'class-validator';

const DAY_OR_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Whether text is a day or a time with its zone (RFC 3339) that exists: of ISO 8601's other forms JavaScript reads some
 * as nothing and some by the clock of the machine.
 */
export function isTime(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    DAY_OR_TIME.test(text) &&
    isISO8601(text, { strict: true }) &&
    !Number.isNaN(Date.parse(text))
  );
}

/** Checks that a property is a time that `new Date` reads. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: isTime,
      defaultMessage: (about) =>
        `${about?.property} must be a day or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00.000Z`,
    },
  });
}
