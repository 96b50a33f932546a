import { S3Error } from './errors.js';

/** RFC 3986 percent-encoding as SigV4 wants it: everything but letters, digits and `-._~`. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Percent-decoding that refuses broken escapes and broken UTF-8. */
export function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** The pairs of a query string, decoded; `+` stands for a space, a name without `=` has an empty value. */
export function parseQuery(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const spaced = pair.replaceAll('+', ' ');
      const equals = spaced.indexOf('=');
      return equals < 0
        ? [decodeUri(spaced), '']
        : [decodeUri(spaced.slice(0, equals)), decodeUri(spaced.slice(equals + 1))];
    });
}
