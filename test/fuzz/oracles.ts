import type { ApiDocument, Check, Operation, Verdict } from './document.js';
import type { Request } from './request.js';
import type { Answer } from './send.js';

const FIT_REQUEST_ID = /^[\w.:-]{1,128}$/;
const MADE_REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Stacks, SQL, paths, services and the provider's words: nothing that an error may tell. */
const INSIDES =
  /\n\s*at |node_modules|\.(ts|js):\d|\/(src|dist|home|tmp)\/|\b(SELECT|INSERT|UPDATE|DELETE) .*\b(FROM|INTO|SET)\b|\breplicate\.\w+_?\w*\b|syntax error at|violates .* constraint|E(CONNREFUSED|TIMEDOUT|PIPE)|billing/;

/** What a request may expect, beside what the document says. */
export interface Expectation {
  verdict: Verdict;
  /** Whether the request carries a key where one is needed. */
  admitted: boolean;
  /** Texts that no answer may hold. */
  secrets: string[];
}

/** Everything that is wrong with an answer, in words; nothing when it is as documented. */
export function faultsOf(
  request: Request,
  answer: Answer,
  { verdict, admitted, secrets }: Expectation,
  { isError }: Pick<ApiDocument, 'isError'>,
): string[] {
  const { status } = answer;
  const faults = [
    status >= 500 && `${status}: no request may cause that`,
    !admitted &&
      !(verdict === 'valid' ? isTurnedAway(status) : status >= 400) &&
      `${status} without a valid key`,
    verdict === 'invalid' && status < 400 && `${status}: accepted though the document calls it invalid`,
    admitted &&
      verdict === 'valid' &&
      isRefusal(status) &&
      `${status}: refused though the document calls it valid`,
    ...documentFaults(request.operation, answer),
    ...(status >= 400 ? errorFaults(answer, isError) : []),
    ...headerFaults(request, answer),
    ...secrets.filter((secret) => answer.text.includes(secret)).map(() => 'the body tells a secret'),
  ];
  return faults.filter((fault) => typeof fault === 'string');
}

/** An address that has sent many wrong keys is held off. */
function isTurnedAway(status: number): boolean {
  return status === 401 || status === 429;
}

function isRefusal(status: number): boolean {
  return [400, 405, 406, 411, 413, 414, 415, 431].includes(status);
}

function documentFaults({ answers }: Operation, answer: Answer): (string | false)[] {
  const documented = answers.get(answer.status);
  if (documented === undefined) return [`${answer.status} is not documented`];
  const { bodies, headers } = documented;
  const type = answer.headers['content-type']?.join().split(';')[0]?.trim().toLowerCase() ?? '';
  const headerChecks = [...headers].flatMap(([name, accepts]) =>
    (answer.headers[name] ?? []).map(
      (value) => !accepts(value) && `the header ${name} is not as documented: ${value}`,
    ),
  );
  if (bodies.size === 0) return [answer.text !== '' && 'a body where none is documented', ...headerChecks];
  const accepts = bodies.get(type);
  if (accepts === undefined)
    return [`the content type ${type || '(none)'} is not documented`, ...headerChecks];
  return [type === 'application/json' && bodyFault(answer.text, accepts), ...headerChecks];
}

function bodyFault(text: string, accepts: Check): string | false {
  const body = parsed(text);
  if (body === undefined) return 'the body is no JSON';
  if (accepts(body)) return false;
  const [fault] = accepts.errors ?? [];
  return `the body is not as documented: ${fault?.instancePath || '/'} ${fault?.message} ${JSON.stringify(fault?.params)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every error has one shape, names its request and tells none of our insides. */
function errorFaults({ text, headers }: Answer, isError: Check): (string | false)[] {
  const shape = bodyFault(text, isError);
  if (shape !== false) return [shape];
  const { requestId, details, error } = JSON.parse(text) as Record<string, string>;
  return [
    requestId !== headers['x-request-id']?.join() && 'the body names another request than X-Request-Id',
    (details === '' || error === '') && 'the error says nothing',
    INSIDES.test(text.replaceAll('\\n', '\n')) && 'the error tells our insides',
  ];
}

function headerFaults({ headers: sent }: Request, { headers, text }: Answer): (string | false)[] {
  const given = [sent['x-request-id'] ?? []].flat();
  const [requestId = '', ...more] = headers['x-request-id'] ?? [];
  const echoed = given.length === 1 && FIT_REQUEST_ID.test(given[0]!);
  const length = headers['content-length']?.join();
  return [
    more.length > 0 && 'X-Request-Id is given twice',
    echoed && requestId !== given[0] && 'X-Request-Id is not echoed',
    !echoed && !MADE_REQUEST_ID.test(requestId) && `X-Request-Id is not fit: ${requestId}`,
    length !== undefined &&
      text !== '' &&
      Number(length) !== Buffer.byteLength(text) &&
      'Content-Length lies',
    ...Object.entries(headers).map(
      ([name, values]) =>
        values.some((value) => !/^[\x20-\x7e]*$/.test(value)) &&
        `the header ${name} holds control characters`,
    ),
    ...['server', 'x-powered-by', 'set-cookie'].map(
      (name) => name in headers && `the header ${name} is sent`,
    ),
  ];
}
