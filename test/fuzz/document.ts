import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** A JSON Schema of the document, as far as its keywords are read here. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  /** One that is not of `FORMATS` is the service's own, of values of any type: it alone can tell what meets it. */
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  example?: unknown;
  examples?: unknown[];
}

/** What the document says of a value that comes in; `unsure` where only the service can tell. */
export type Verdict = 'valid' | 'invalid' | 'unsure';
type Judge = (value: unknown) => Verdict;

/** Tells whether a value is as the document has it, and why not. */
export interface Check {
  (value: unknown): boolean;
  errors?: ErrorObject[] | null;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
  judge: Judge;
}

export interface DocumentedAnswer {
  /** Checks of the body by content type; none where the answer has no body. */
  bodies: Map<string, Check>;
  headers: Map<string, Check>;
}

/** One method of one address, as the document has it. */
export interface Operation {
  method: string;
  /** With its parameters in braces. */
  path: string;
  /** Whether it needs no key. */
  open: boolean;
  parameters: Parameter[];
  body?: { required: boolean; schema: Schema; examples: unknown[]; judge: Judge };
  answers: Map<number, DocumentedAnswer>;
}

export interface ApiDocument {
  operations: Operation[];
  /** Follows a `$ref` to what it stands for. */
  resolve(schema: Schema): Schema;
  isError: Check;
}

type Json = Record<string, unknown>;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const REQUESTS = 'https://document.example/requests';
const ANSWERS = 'https://document.example/answers';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const FORMATS: Record<string, (text: string) => boolean> = {
  uuid: (text) => UUID.test(text),
  date: isDay,
  'date-time': (text) => /^\d{4}-\d\d-\d\dT/.test(text) && isDay(text.slice(0, 10)) && isTime(text),
  uri: (text) => URL.canParse(text) && !/[\s\\]/.test(text),
};

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isTime(text: string): boolean {
  return /T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Reads an OpenAPI 3.1 document: every operation in it, with checks of what goes in and of what comes out. */
export function readDocument(document: Json): ApiDocument {
  const own = new OwnFormats();
  const ajv = new Ajv2020({ strict: false });
  ajv.removeKeyword('format');
  ajv.addKeyword({
    keyword: 'format',
    validate: (format: string, value: unknown, schema?: Schema) => own.admit(format, value, schema),
  });
  ajv.addSchema({ ...document, $id: REQUESTS });
  ajv.addSchema({ ...closed(document), $id: ANSWERS });
  const check: CheckAt = (root, place) => ajv.compile({ $ref: root + fragment(place) });
  const judge: JudgeAt = (place) => own.judge(check(REQUESTS, place));
  const resolve = <T extends { $ref?: string }>(value: T): T =>
    value.$ref === undefined ? value : resolve(follow(document, value.$ref) as T);
  const operations = Object.entries(document.paths as Record<string, Record<string, RawOperation>>).flatMap(
    ([path, item]) =>
      METHODS.filter((method) => Object.hasOwn(item, method)).map((method): Operation => {
        const raw = item[method]!;
        const place = ['paths', path, method];
        const { requestBody } = raw;
        return {
          method: method.toUpperCase(),
          path,
          open: (raw.security ?? []).some((requirement) => Object.keys(requirement).length === 0),
          parameters: (raw.parameters ?? []).map((parameter, index) => ({
            ...parameter,
            judge: judge([...place, 'parameters', String(index), 'schema']),
          })),
          ...(requestBody && { body: readBody(requestBody, judge, [...place, 'requestBody']) }),
          answers: readAnswers(raw.responses, resolve, check, [...place, 'responses']),
        };
      }),
  );
  return { operations, resolve, isError: check(ANSWERS, ['components', 'schemas', 'ErrorDto']) };
}

/** Checks formats, and counts the values of those that are the service's own: one may be right or not. */
class OwnFormats {
  private met = 0;

  /** Whether a value may be of a format; null, where a schema allows it beside another type, is of none. */
  admit(format: string, value: unknown, { type }: Schema = {}): boolean {
    if (Object.hasOwn(FORMATS, format)) return typeof value !== 'string' || FORMATS[format]!(value);
    if (value !== null || !Array.isArray(type)) this.met += 1;
    return true;
  }

  judge(check: Check): Judge {
    return (value) => {
      const metBefore = this.met;
      if (!check(value)) return 'invalid';
      return this.met > metBefore ? 'unsure' : 'valid';
    };
  }
}

type JudgeAt = (place: string[]) => Judge;
type CheckAt = (root: string, place: string[]) => Check;

interface RawAnswer {
  $ref?: string;
  content?: Json;
  headers?: Json;
}

interface RawBody {
  required?: boolean;
  content: { 'application/json': { schema: Schema; examples?: Record<string, { value: unknown }> } };
}

interface RawOperation {
  security?: Json[];
  parameters?: Omit<Parameter, 'judge'>[];
  requestBody?: RawBody;
  responses: Record<string, RawAnswer>;
}

function readBody(
  { required = false, content }: RawBody,
  judge: JudgeAt,
  place: string[],
): Operation['body'] {
  const { schema, examples = {} } = content['application/json'];
  const values = Object.values(examples).map(({ value }) => value);
  return {
    ...{ required, schema, examples: values },
    judge: judge([...place, 'content', 'application/json', 'schema']),
  };
}

function readAnswers(
  answers: Record<string, RawAnswer>,
  resolve: (answer: RawAnswer) => RawAnswer,
  check: CheckAt,
  place: string[],
): Operation['answers'] {
  return new Map(
    Object.entries(answers).map(([status, answer]) => {
      const found = placeOf(answer, [...place, status]);
      const { content = {}, headers = {} } = resolve(answer);
      const checks = (part: string, names: string[]) =>
        new Map(names.map((name) => [name.toLowerCase(), check(ANSWERS, [...found, part, name, 'schema'])]));
      return [
        Number(status),
        { bodies: checks('content', Object.keys(content)), headers: checks('headers', Object.keys(headers)) },
      ];
    }),
  );
}

/** Where a part of the document that may be a reference really stands. */
function placeOf({ $ref }: { $ref?: string }, place: string[]): string[] {
  return $ref === undefined ? place : steps($ref);
}

function steps($ref: string): string[] {
  const encoded = $ref.replace(/^#\//, '').split('/');
  return encoded.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function fragment(place: string[]): string {
  const encoded = place.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
  return `#/${encoded.join('/')}`;
}

function follow(document: Json, $ref: string): unknown {
  return steps($ref).reduce<unknown>((value, step) => (value as Json)[step], document);
}

/** The document with every object of its answers closed: a field that is not documented is a fault. */
function closed(document: Json): Json {
  return close(document) as Json;
}

function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Json;
  const entries = Object.entries(record).map(([name, part]) => [name, close(part)]);
  const isOpenObject = typeof record.properties === 'object' && record.type === 'object';
  return { ...(isOpenObject ? { unevaluatedProperties: false } : {}), ...Object.fromEntries(entries) };
}
