import { ValidateBy } from 'class-validator';

/** What PostgreSQL cannot keep as text: NUL and halves of characters. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether text can be stored. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Checks that a property is text of `min` to `max` characters that can be stored. */
export function IsText(min: number, max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    validator: {
      validate: (text: unknown) =>
        typeof text === 'string' && text.trim().length >= min && text.length <= max && isStorable(text),
      defaultMessage: (about) =>
        `${about?.property} must be ${min === 0 ? `text of at most ${max}` : `text of ${min} to ${max}`} characters, without NUL`,
    },
  });
}
