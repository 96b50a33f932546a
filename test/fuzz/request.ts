import type { Operation } from './document.js';

/** What a body may be long; a larger one is refused. */
export const MOST_BODY_BYTES = 2 * 1024 * 1024;

const MOST_CHARACTERS = 1_000;

/** A request as it goes out; what stands in its address is percent-encoded, for better or worse. */
export interface Request {
  operation: Operation;
  /** Values of the path's parameters. */
  path: Record<string, string>;
  query: [name: string, value: string][];
  /** Values by lower-case name; several make as many lines. */
  headers: Record<string, string | string[]>;
  body?: Buffer;
  chunked?: boolean;
}

/** The path and query of the address. */
export function targetOf({ operation, path, query }: Request): string {
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) => path[name] ?? '');
  const pairs = query.map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

/**
 * The request as a command; `$URL` and `$KEY` stand for the API's address and a key. What is longer than anyone reads is
 * cut, with its length beside it.
 */
export function toCurl(request: Request, key: string): string {
  const { operation, headers, body } = request;
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `-H ${quoted(`${name}: ${value}`).replaceAll(key, '\'"$KEY"\'')}`),
  );
  const parts = [
    `curl -i --path-as-is -X ${operation.method} "$URL"${quoted(targetOf(request))}`,
    ...lines,
    ...(request.chunked ? ["-H 'transfer-encoding: chunked'"] : []),
    ...(body === undefined ? [] : [`--data-binary ${quotedBytes(body)}`]),
  ];
  return parts.join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${cut(text).replaceAll("'", "'\\''")}'`;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}[… ${text.length} bytes]` : text;
}

/** Bash's `$'…'` where plain quotes cannot show the bytes. */
function quotedBytes(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  if (/^[\x20-\x7e]*$/.test(text)) return quoted(text);
  const escaped = cut(text).replaceAll(
    /[^\x20-\x7e]|['\\]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
