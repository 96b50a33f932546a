import { ValidateBy } from 'class-validator';

/** What PostgreSQL cannot keep as text: NUL and halves of characters. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether text can be stored. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** What the document says of text that is not blank. */
export const NOT_BLANK = '\\S';

/** Checks that a property is text of `min` (0 or 1) to `max` characters that can be stored; where `min` is 1, not blank. */
export function IsText(min: 0 | 1, max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    validator: {
      validate: (text: unknown) =>
        typeof text === 'string' && text.trim().length >= min && isWithin(text, max) && isStorable(text),
      defaultMessage: (about) =>
        `${about?.property} must be ${min === 0 ? `text of at most ${max}` : `text of ${min} to ${max}`} characters, without NUL`,
    },
  });
}

/** Counts characters as JSON Schema and PostgreSQL do; one is of one or two units of UTF-16. */
function isWithin(text: string, max: number): boolean {
  return text.length <= max || (text.length <= 2 * max && Array.from(text).length <= max);
}
