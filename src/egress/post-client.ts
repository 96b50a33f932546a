import { Agent, errors, type Dispatcher } from 'undici';
import { guardedConnector } from './guarded-connector.js';
import { isListedHost } from './public-address.js';

const CONNECT_TIMEOUT_MS = 5_000;
const MOST_BYTES = 4_096;

/** What became of a POST: the answer's status, or null and why there was none. */
export interface PostAnswer {
  httpStatus: number | null;
  durationMs: number;
  /** The first 4 KiB of the answer's body, read as UTF-8. */
  response: string | null;
  /** Why there is no answer, in words that tell nothing of our network. */
  error: string | null;
  /** What the answer's Retry-After asks for, where it is a number. */
  retryAfterSeconds?: number;
}

/** Says that a host is at no address that may be called. */
class PrivateAddress extends Error {}

/**
 * POSTs to URLs that users chose: to public addresses only, checked at the very connection, and to the hosts that the
 * operator exempts. Redirects are not followed. Each has a connection of its own: one kept open may be closed by
 * the host in the very moment that it is used.
 */
export class PostClient {
  private readonly agent: Agent;

  constructor(
    privateHosts: readonly string[],
    private readonly timeoutMs: number,
  ) {
    const guard = {
      isExempt: (origin: URL) => isListedHost(privateHosts, origin),
      refused: () => new PrivateAddress(),
    };
    this.agent = new Agent({
      connect: guardedConnector(guard, Math.min(CONNECT_TIMEOUT_MS, timeoutMs)),
      pipelining: 0,
    });
  }

  /** Never rejects: whatever happens is an answer. */
  async post(url: URL, headers: Record<string, string>, body: string): Promise<PostAnswer> {
    const startedAt = performance.now();
    const signal = AbortSignal.timeout(this.timeoutMs);
    const durationMs = () => Math.round(performance.now() - startedAt);
    try {
      const target = { origin: url.origin, path: url.pathname + url.search };
      const answer = await this.agent.request({ ...target, method: 'POST', headers, body, signal });
      const response = await beginningOf(answer.body);
      return {
        httpStatus: answer.statusCode,
        durationMs: durationMs(),
        response,
        error: null,
        ...asked(answer),
      };
    } catch (error) {
      const why = signal.aborted ? `No answer within ${this.timeoutMs / 1_000} s` : describe(error);
      return { httpStatus: null, durationMs: durationMs(), response: null, error: why };
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

/** What came of a body up to its limit; one that breaks off does not undo the status before it. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MOST_BYTES) break;
    }
  } catch {
    // The status counts.
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString();
}

function asked({ headers }: Dispatcher.ResponseData): Pick<PostAnswer, 'retryAfterSeconds'> {
  const given = headers['retry-after'];
  return typeof given === 'string' && /^\d{1,9}$/.test(given) ? { retryAfterSeconds: Number(given) } : {};
}

function describe(error: unknown): string {
  if (error instanceof PrivateAddress) return 'The host is not at a public address';
  if (error instanceof errors.ConnectTimeoutError) return 'The connection was not made in time';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `The connection failed: ${code}` : 'The connection failed';
}
