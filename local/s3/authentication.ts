import { S3Error } from './errors.js';
import type { S3Request } from './request.js';
import {
  ALGORITHM,
  canonicalRequest,
  parseScope,
  parseTimestamp,
  sameText,
  sign,
  signingKey,
  stringToSign,
  type Scope,
} from './signature.js';

const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

/** The one key pair this server knows, and its region. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** What the chunks of a signed aws-chunked body continue from. */
export interface ChunkSigning {
  key: Buffer;
  scope: Scope;
  timestamp: string;
  seedSignature: string;
}

/** Who asks. The owner may do everything, anyone else only read what is public. */
export type Identity = { kind: 'anonymous' } | { kind: 'owner'; signing: ChunkSigning };

interface Claim {
  accessKeyId: string;
  scope: Scope;
  signedHeaders: string[];
  signature: string;
  timestamp: string;
  at: Date;
  payloadHash: string;
}

/** Checks the SigV4 signature of a header or a presigned URL; a request without either is anonymous. */
export function authenticate(request: S3Request, credentials: Credentials, now: Date): Identity {
  const authorization = request.headers.get('authorization');
  if (authorization !== undefined) {
    const claim = readHeaderClaim(request, authorization);
    if (Math.abs(now.getTime() - claim.at.getTime()) > MAX_SKEW_MS) {
      throw new S3Error(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
      );
    }
    return verify(request, claim, credentials, 'AuthorizationHeaderMalformed');
  }
  if (request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm')) {
    const claim = readPresignedClaim(request);
    checkExpiry(request, claim.at, now);
    return verify(request, claim, credentials, 'AuthorizationQueryParametersError');
  }
  return { kind: 'anonymous' };
}

const malformedHeader = (why: string) =>
  new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}.`);

function readHeaderClaim(request: S3Request, authorization: string): Claim {
  const space = authorization.indexOf(' ');
  if (authorization.slice(0, space) !== ALGORITHM) throw malformedHeader(`only ${ALGORITHM} is supported`);
  const fields = new Map(
    authorization
      .slice(space + 1)
      .split(',')
      .map((field): [string, string] => {
        const [name = '', value = ''] = field.trim().split(/=(.*)/s);
        return [name, value];
      }),
  );
  const payloadHash = request.headers.get('x-amz-content-sha256');
  if (payloadHash === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  const date = request.headers.get('x-amz-date');
  return readClaim(
    {
      credential: fields.get('Credential'),
      signedHeaders: fields.get('SignedHeaders'),
      signature: fields.get('Signature'),
      date,
      payloadHash,
    },
    malformedHeader,
  );
}

function readPresignedClaim(request: S3Request): Claim {
  const refuse = (why: string) =>
    new S3Error('AuthorizationQueryParametersError', `The query parameters are malformed; ${why}.`);
  if (request.query.get('X-Amz-Algorithm') !== ALGORITHM) throw refuse(`only ${ALGORITHM} is supported`);
  return readClaim(
    {
      credential: request.query.get('X-Amz-Credential'),
      signedHeaders: request.query.get('X-Amz-SignedHeaders'),
      signature: request.query.get('X-Amz-Signature'),
      date: request.query.get('X-Amz-Date'),
      payloadHash: request.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
    },
    refuse,
  );
}

function readClaim(
  sent: Record<'credential' | 'signedHeaders' | 'signature' | 'date', string | undefined> & {
    payloadHash: string;
  },
  refuse: (why: string) => S3Error,
): Claim {
  const { credential, signedHeaders, signature, date: timestamp } = sent;
  if (!credential || !signedHeaders || !signature) {
    throw refuse('credential, signed headers and signature are required');
  }
  const at = timestamp === undefined ? undefined : parseTimestamp(timestamp);
  if (timestamp === undefined || !at) throw refuse('the date must read YYYYMMDDTHHMMSSZ');
  const parts = credential.split('/');
  const scope = parseScope(parts.slice(-4));
  if (!scope || parts.length < 5)
    throw refuse('the credential must read KEY/YYYYMMDD/region/s3/aws4_request');
  if (scope.day !== timestamp.slice(0, 8)) throw refuse('the credential is of another day than the date');
  const accessKeyId = parts.slice(0, -4).join('/');
  return {
    accessKeyId,
    scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    at,
    payloadHash: sent.payloadHash,
  };
}

function checkExpiry(request: S3Request, signedAt: Date, now: Date): void {
  const expires = request.query.get('X-Amz-Expires') ?? '';
  const seconds = Number(expires);
  if (!/^\d+$/.test(expires) || seconds < 1 || seconds > MAX_EXPIRES_SECONDS) {
    throw new S3Error(
      'AuthorizationQueryParametersError',
      `X-Amz-Expires must be between 1 and ${MAX_EXPIRES_SECONDS} seconds.`,
    );
  }
  if (now.getTime() > signedAt.getTime() + seconds * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired');
  }
  if (signedAt.getTime() - now.getTime() > MAX_SKEW_MS) {
    throw new S3Error('AccessDenied', 'Request is not valid yet');
  }
}

function verify(
  request: S3Request,
  claim: Claim,
  credentials: Credentials,
  malformedCode: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError',
): Identity {
  if (claim.scope.region !== credentials.region) {
    throw new S3Error(
      malformedCode,
      `The region '${claim.scope.region}' is wrong; expecting '${credentials.region}'`,
    );
  }
  if (claim.accessKeyId !== credentials.accessKeyId) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const key = signingKey(credentials.secretAccessKey, claim.scope);
  const canonical = canonicalRequest({ ...request, ...claim, headers: sentHeaders(request) });
  const expected = sign(key, stringToSign(claim.timestamp, claim.scope, canonical));
  if (!sameText(expected, claim.signature)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  requireSignedHeaders(request, claim.signedHeaders);
  const { scope, timestamp, signature: seedSignature } = claim;
  return { kind: 'owner', signing: { key, scope, timestamp, seedSignature } };
}

function sentHeaders(request: S3Request): Map<string, string> {
  return new Map(
    Object.entries(request.message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

/** A header that changes what is done must not be addable by someone who only holds a signed URL. */
function requireSignedHeaders(request: S3Request, signedHeaders: string[]): void {
  const signed = new Set(signedHeaders);
  const unsigned = Object.keys(request.message.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  );
  if (unsigned.length > 0) {
    throw new S3Error(
      'AccessDenied',
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    );
  }
}
