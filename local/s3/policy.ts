import { S3Error, notImplemented } from './errors.js';
import { matchesWildcard } from './wildcard.js';

const SUPPORTED = ['Sid', 'Effect', 'Principal', 'Action', 'Resource'];
const ARN = 'arn:aws:s3:::';

interface Statement {
  effect: 'Allow' | 'Deny';
  principals: string[];
  actions: string[];
  resources: string[];
}

const malformed = (why: string) => new S3Error('MalformedPolicy', `Policies must be valid JSON; ${why}.`);

/**
 * Reads a bucket policy. Conditions and the `Not…` elements are refused: to store a rule and not follow it would
 * make something public that is not, or the other way round.
 */
export function parsePolicy(text: string): Statement[] {
  const policy = parseJson(text);
  if (!isRecord(policy)) throw malformed('the policy must be an object');
  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  return statements.map((statement: unknown) => parseStatement(statement));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('this is not JSON');
  }
}

function parseStatement(statement: unknown): Statement {
  if (!isRecord(statement)) throw malformed('a statement must be an object');
  const unsupported = Object.keys(statement).find((name) => !SUPPORTED.includes(name));
  if (unsupported) throw notImplemented(`${unsupported} in a bucket policy`);
  const { Effect: effect, Principal: principal } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Effect must be Allow or Deny');
  const resources = texts(statement.Resource, 'Resource');
  if (!resources.every((resource) => resource.startsWith(ARN)))
    throw malformed(`a Resource must begin with ${ARN}`);
  return {
    effect,
    principals: texts(isRecord(principal) ? principal.AWS : principal, 'Principal'),
    actions: texts(statement.Action, 'Action'),
    resources,
  };
}

function texts(value: unknown, name: string): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || !values.every((item) => typeof item === 'string')) {
    throw malformed(`${name} must be a text or a list of texts`);
  }
  return values;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether everyone may read that object; a Deny wins over any Allow. */
export function allowsAnonymousRead(
  statements: readonly Statement[],
  bucketName: string,
  key: string,
): boolean {
  const matching = statements.filter(
    ({ principals, actions, resources }) =>
      principals.includes('*') &&
      actions.some((action) => matchesWildcard(action.toLowerCase(), 's3:getobject')) &&
      resources.some((resource) => matchesWildcard(resource, `${ARN}${bucketName}/${key}`)),
  );
  return matching.length > 0 && matching.every(({ effect }) => effect === 'Allow');
}
