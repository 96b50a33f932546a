import { Agent, fetch } from 'undici';

/**
 * What came of one HTTP request: an answer, a request that surely never reached the server, or a silence after which
 * nobody knows whether it was carried out.
 */
export type Exchange =
  | { kind: 'answered'; status: number; body: unknown; retryAfter: string | null }
  | { kind: 'unsent'; reason: string }
  | { kind: 'silent'; reason: string };

const TOTAL_TIMEOUT_MS = 30_000;

/**
 * Each POST has a connection of its own: one kept open may be closed by the server in the very moment that it is used, and
 * then nobody knows whether the POST was carried out.
 */
const ownConnections = new Agent({ pipelining: 0 });

/** Failures before a byte of the request was sent. */
const UNSENT_CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** A request as Replicate's client makes it: its body is JSON or nothing. */
export interface SentRequest {
  method?: string;
  headers?: [string, string][] | Record<string, string>;
  body?: string;
}

/** Sends the request once, waits at most 30 s, follows no redirect (it carries the token) and never throws. */
export async function exchange(input: string | URL, request: SentRequest = {}): Promise<Exchange> {
  try {
    const response = await fetch(input, {
      ...request,
      redirect: 'manual',
      ...(request.method === 'POST' && { dispatcher: ownConnections }),
      signal: AbortSignal.timeout(TOTAL_TIMEOUT_MS),
    });
    const text = await response.text();
    const retryAfter = response.headers.get('retry-after');
    return { kind: 'answered', status: response.status, body: parse(text), retryAfter };
  } catch (error) {
    const { code, connecting } = failureOf(error);
    return { kind: connecting && UNSENT_CODES.includes(code) ? 'unsent' : 'silent', reason: code };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failureOf(error: unknown): { code: string; connecting: boolean } {
  const { cause, name } = error as Error & { cause?: { code?: string; syscall?: string } };
  const { code = name, syscall = 'connect' } = cause ?? {};
  return { code, connecting: syscall === 'connect' || syscall === 'getaddrinfo' };
}
