import { Agent, errors, type Dispatcher } from 'undici';
import { AppError } from '../errors.js';
import { checkSourceUrl, sourceConnector, type SourcePolicy } from './source-address.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface SourceOptions extends SourcePolicy {
  /** The `Authorization` header for outputs that lie at the provider's API itself: no other origin ever sees it. */
  authorization?: { origin: string; value: string };
  connectTimeoutMs?: number;
  /** The longest wait for an answer's headers. */
  firstByteTimeoutMs?: number;
  /** The longest silence within a body. */
  idleTimeoutMs?: number;
}

/** An open answer: iterate `body` to its end, or destroy it. `bytes` is what the source declared, if it did. */
export interface SourceAnswer {
  bytes: number | undefined;
  body: Dispatcher.ResponseData['body'];
}

/** Fetches outputs from the provider's hosts; keeps their connections until `close`. */
export class MediaSource {
  private readonly agent: Agent;

  constructor(private readonly options: SourceOptions) {
    this.agent = new Agent({
      connect: sourceConnector(options, options.connectTimeoutMs ?? 10_000),
      headersTimeout: options.firstByteTimeoutMs ?? 30_000,
      bodyTimeout: options.idleTimeoutMs ?? 30_000,
    });
  }

  /**
   * Follows up to 3 redirects, each checked like the first address. Throws AppError `output_missing`, `output_invalid`
   * (address, HTML, encoded, empty, over `maxBytes`), or retryable `provider_timeout` and `provider_unavailable`.
   */
  async open(address: string, maxBytes: number, signal: AbortSignal): Promise<SourceAnswer> {
    let url = checkSourceUrl(address, undefined, this.options);
    let trusted = true;
    for (let redirects = 0; ; redirects++) {
      // A token lost on the way stays lost: a host that redirects must not be able to aim it.
      trusted &&= url.origin === this.options.authorization?.origin;
      const answer = await this.request(url, trusted, signal);
      if (!REDIRECTS.has(answer.statusCode)) return accepted(answer, maxBytes);
      discard(answer);
      if (redirects === MAX_REDIRECTS) throw invalid(`redirects more than ${MAX_REDIRECTS} times`);
      const location = header(answer, 'location');
      if (!location) throw invalid('redirects to nowhere');
      url = checkSourceUrl(location, url, this.options);
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async request(url: URL, trusted: boolean, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const authorization = trusted ? this.options.authorization?.value : undefined;
    const headers = { 'accept-encoding': 'identity', ...(authorization && { authorization }) };
    try {
      return await this.agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers,
        signal,
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : networkFault(error);
    }
  }
}

/** Turns what undici threw while asking or reading into an AppError that may be tried again. */
export function networkFault(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const timedOut =
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError;
  return timedOut
    ? new AppError('provider_timeout', "The output's host did not answer in time", {
        retryable: true,
        cause: error,
      })
    : new AppError('provider_unavailable', 'The output could not be fetched from its host', {
        retryable: true,
        cause: error,
      });
}

function accepted(answer: Dispatcher.ResponseData, maxBytes: number): SourceAnswer {
  const fault = faultOf(answer, maxBytes);
  if (fault) {
    discard(answer);
    throw fault;
  }
  return { bytes: declaredBytes(answer), body: answer.body };
}

function faultOf(answer: Dispatcher.ResponseData, maxBytes: number): AppError | undefined {
  const status = answer.statusCode;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new AppError('provider_unavailable', `The output's host answered ${status}`, { retryable: true });
  }
  if (status >= 400) {
    return new AppError(
      'output_missing',
      `The output is no longer at the provider: its host answered ${status}`,
    );
  }
  if (status !== 200) return invalid(`came with the unexpected status ${status}`);
  const encoding = header(answer, 'content-encoding');
  if (encoding && encoding !== 'identity') return invalid(`is encoded as ${encoding}`);
  const type = header(answer, 'content-type') ?? '';
  if (/^text\/|html/i.test(type)) return invalid(`is ${type}, not media`);
  const bytes = declaredBytes(answer);
  if (bytes === 0) return invalid('is empty');
  if (bytes !== undefined && bytes > maxBytes)
    return invalid(`has ${bytes} bytes, more than the ${maxBytes} allowed`);
  return undefined;
}

function declaredBytes(answer: Dispatcher.ResponseData): number | undefined {
  const text = header(answer, 'content-length');
  return text === undefined ? undefined : Number(text);
}

function header(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Closes the connection rather than reading a body of unknown size; destroying it may report an error nobody awaits. */
function discard(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined).destroy();
}

function invalid(what: string): AppError {
  return new AppError('output_invalid', `The output ${what}`);
}
