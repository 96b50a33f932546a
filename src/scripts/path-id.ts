import { AppError } from '../errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id of a path in lower case; throws `not_found` for what cannot be one, and names nothing of this kind. */
export function readId(text: string, kind: 'script' | 'character' | 'take'): string {
  if (!UUID.test(text)) throw new AppError('not_found', `There is no such ${kind}: its id is a UUID`);
  return text.toLowerCase();
}
