import type { Bucket } from './bucket.js';
import { S3Error } from './errors.js';
import type { S3Reply } from './reply.js';
import type { S3Request } from './request.js';
import { matchesWildcard } from './wildcard.js';
import { childrenNamed, childText, parseXml, type XmlElement } from './xml.js';

const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'];
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

export interface CorsRule {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAgeSeconds: string | undefined;
}

/** Reads a `CORSConfiguration` document. */
export function parseCors(xml: string): CorsRule[] {
  const rules = childrenNamed(parseXml(xml, 'CORSConfiguration'), 'CORSRule').map(parseRule);
  if (rules.length === 0)
    throw new S3Error('MalformedXML', 'A CORS configuration needs at least one CORSRule.');
  return rules;
}

function parseRule(element: XmlElement): CorsRule {
  const all = (name: string) => childrenNamed(element, name).map(({ text }) => text.trim());
  const rule = {
    origins: all('AllowedOrigin'),
    methods: all('AllowedMethod'),
    headers: all('AllowedHeader').map((header) => header.toLowerCase()),
    exposed: all('ExposeHeader'),
    maxAgeSeconds: childText(element, 'MaxAgeSeconds'),
  };
  const unknown = rule.methods.find((method) => !METHODS.includes(method));
  if (unknown !== undefined) {
    throw new S3Error('InvalidRequest', `Found unsupported HTTP method in CORS config: ${unknown}`);
  }
  if (rule.origins.length === 0 || rule.methods.length === 0) {
    throw new S3Error('MalformedXML', 'A CORSRule needs AllowedOrigin and AllowedMethod.');
  }
  return rule;
}

function findRule(
  rules: CorsRule[],
  origin: string,
  method: string,
  headers: string[],
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.origins.some((pattern) => matchesWildcard(pattern, origin)) &&
      rule.methods.includes(method) &&
      headers.every((header) => rule.headers.some((pattern) => matchesWildcard(pattern, header))),
  );
}

function originHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const headers: Record<string, string> = {
    'access-control-allow-origin': rule.origins.includes('*') ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    vary: VARY,
  };
  if (!rule.origins.includes('*')) headers['access-control-allow-credentials'] = 'true';
  if (rule.exposed.length > 0) headers['access-control-expose-headers'] = rule.exposed.join(', ');
  if (rule.maxAgeSeconds) headers['access-control-max-age'] = rule.maxAgeSeconds;
  return headers;
}

const storedRules = (bucket: Bucket | undefined): CorsRule[] => {
  const xml = bucket?.record.documents.cors;
  return xml === undefined ? [] : parseCors(xml);
};

/** Answers a preflight, which carries no signature. */
export function preflight(request: S3Request, bucket: Bucket | undefined): S3Reply {
  const origin = request.headers.get('origin');
  const method = request.headers.get('access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new S3Error(
      'InvalidRequest',
      'Insufficient information. Origin and Access-Control-Request-Method are needed.',
    );
  }
  const asked = request.headers.get('access-control-request-headers') ?? '';
  const names = asked
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = findRule(storedRules(bucket), origin, method, names);
  if (!rule) {
    throw new S3Error(
      'AccessForbidden',
      'CORSResponse: This CORS request is not allowed: origin, method or headers match no rule of the bucket.',
    );
  }
  const headers = originHeaders(rule, origin);
  if (names.length > 0) headers['access-control-allow-headers'] = names.join(', ');
  return { status: 200, headers };
}

/** What a real request from a web page gets on its answer, refusals included; nothing for an origin without a rule. */
export function corsHeaders(request: S3Request, bucket: Bucket | undefined): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === undefined) return {};
  const rule = findRule(storedRules(bucket), origin, request.method, []);
  return rule ? originHeaders(rule, origin) : {};
}
