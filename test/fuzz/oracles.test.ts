import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { readDocument, type Verdict } from './document.js';
import { faultsOf } from './oracles.js';
import type { Request } from './request.js';
import type { Answer } from './send.js';

const document = readDocument(JSON.parse(readFileSync('openapi.json', 'utf8')) as Record<string, unknown>);
const operation = document.operations.find(
  ({ method, path }) => `${method} ${path}` === 'GET /models/{modelId}',
)!;
const request: Request = { operation, path: { modelId: 'none' }, query: [], headers: {} };
const requestId = randomUUID();
const body = {
  error: 'Model not found',
  details: 'There is no such model',
  code: 'model_not_found',
  requestId,
};

function answer({ status = 404, text = JSON.stringify(body), headers = {} }: Partial<Answer>): Answer {
  const own = { 'content-type': ['application/json; charset=utf-8'], 'x-request-id': [requestId] };
  return { status, text, headers: { ...own, ...headers } };
}

const faults = (given: Partial<Answer>, verdict: Verdict = 'valid', admitted = true) =>
  faultsOf(request, answer(given), { verdict, admitted, secrets: ['canary'] }, document).join('; ');

const withDetails = (details: string) => ({ text: JSON.stringify({ ...body, details }) });

it('finds nothing wrong with an answer as documented', () => {
  expect(faults({})).toBe('');
});

it.each<[string, Partial<Answer>, RegExp]>([
  ['a 5xx', { status: 500 }, /no request may cause that/],
  ['a status of its own', { status: 418 }, /418 is not documented/],
  ['a body of another shape', { text: '{"message":"no"}' }, /not as documented/],
  [
    'a field that is not documented',
    { text: JSON.stringify({ ...body, stack: 'x' }) },
    /not as documented.*stack/,
  ],
  ['a body that is no JSON', { text: 'Not found' }, /no JSON/],
  ['another content type', { headers: { 'content-type': ['text/html'] } }, /text\/html is not documented/],
  ['a stack', withDetails('Error\n    at find (file:1:1)'), /insides/],
  ['SQL', withDetails('SELECT job_id FROM jobs'), /insides/],
  ['a path', withDetails('no such file /home/app/config'), /insides/],
  ['a table', withDetails('relation replicate.jobs is locked'), /insides/],
  ['a secret', withDetails('canary'), /secret/],
  ['another request’s id', { headers: { 'x-request-id': [randomUUID()] } }, /another request/],
  ['an injected request id', { headers: { 'x-request-id': ['a b'] } }, /not fit/],
  ['a server’s name', { headers: { server: ['x'] } }, /server is sent/],
])('tells of %s', (_what, given, fault) => {
  expect(faults(given)).toMatch(fault);
});

it('tells of a valid request refused and of an invalid one accepted', () => {
  expect(faults({ status: 400 })).toMatch(/refused though the document calls it valid/);
  expect(faults({ status: 200 }, 'invalid')).toMatch(/accepted though the document calls it invalid/);
});

it('tells of an answer that needed a key and came without', () => {
  expect(faults({}, 'valid', false)).toMatch(/without a valid key/);
});
