import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { S3Error, notImplemented } from './errors.js';
import type { S3Request } from './request.js';

const CRC32_HEADER = 'x-amz-checksum-crc32';
const CHECKSUM_HEADER = /^x-amz-checksum-(crc32c|crc64nvme|sha1|sha256|sha512|md5|xxhash\w+)$/;

/** What was computed over a body while it passed. */
export interface Digests {
  size: number;
  md5Hex: string;
  /** Base64 of the big-endian CRC32, as S3 writes it. */
  crc32: string;
}

/** Computes all digests of a body in one pass; SHA-256 only when asked, it costs more than the rest together. */
export class Digester {
  private size = 0;
  private crc = 0;
  private readonly md5 = createHash('md5');
  private readonly sha256;

  constructor(withSha256: boolean) {
    this.sha256 = withSha256 ? createHash('sha256') : undefined;
  }

  get bytes(): number {
    return this.size;
  }

  update(data: Buffer): void {
    this.size += data.length;
    this.crc = crc32(data, this.crc);
    this.md5.update(data);
    this.sha256?.update(data);
  }

  end(): Digests & { sha256Hex: string | undefined } {
    return {
      size: this.size,
      md5Hex: this.md5.digest('hex'),
      crc32: crc32Base64(this.crc),
      sha256Hex: this.sha256?.digest('hex'),
    };
  }
}

/** A CRC32 value as S3 writes it. */
export function crc32Base64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

/** What the client says about its body and the server must find true. */
export interface Promised {
  length: number | undefined;
  sha256Hex: string | undefined;
  md5Base64: string | undefined;
  /** From the header; a trailer replaces it when the body has ended. */
  crc32: string | undefined;
  crc32InTrailer: boolean;
}

/** Reads the integrity headers. Any algorithm but CRC32 is refused, for an unchecked checksum proves nothing. */
export function readPromises(request: S3Request): Promised {
  const { headers } = request;
  refuseOtherAlgorithms(request);
  const chunked = isAwsChunked(request);
  const length = headers.get(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new S3Error('InvalidArgument', 'The length of the body must be a whole number.');
  }
  const contentHash = headers.get('x-amz-content-sha256');
  return {
    length: length === undefined ? undefined : Number(length),
    sha256Hex: contentHash !== undefined && /^[0-9a-f]{64}$/.test(contentHash) ? contentHash : undefined,
    md5Base64: headers.get('content-md5'),
    crc32: headers.get(CRC32_HEADER),
    crc32InTrailer: chunked && headers.get('x-amz-trailer') !== undefined,
  };
}

/** Whether the body comes in aws-chunked framing. */
export function isAwsChunked(request: S3Request): boolean {
  return request.headers.get('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
}

function refuseOtherAlgorithms({ headers }: S3Request): void {
  for (const name of headers.keys()) {
    if (CHECKSUM_HEADER.test(name)) throw notImplemented(`The checksum header ${name}`);
  }
  const trailer = headers.get('x-amz-trailer');
  if (trailer !== undefined && trailer.trim().toLowerCase() !== CRC32_HEADER) {
    throw notImplemented(`The trailer ${trailer}`);
  }
  requireCrc32(headers.get('x-amz-sdk-checksum-algorithm'));
  requireCrc32(headers.get('x-amz-checksum-algorithm'));
}

function requireCrc32(algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm.toUpperCase() !== 'CRC32') {
    throw notImplemented(`The checksum algorithm ${algorithm}`);
  }
}

/** Compares what was promised with what came. */
export function checkPromises(promised: Promised, found: ReturnType<Digester['end']>): void {
  if (promised.length !== undefined && promised.length !== found.size) {
    throw new S3Error(
      'IncompleteBody',
      `The body has ${found.size} bytes, ${promised.length} were announced.`,
    );
  }
  if (promised.sha256Hex !== undefined && promised.sha256Hex !== found.sha256Hex) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  if (promised.md5Base64 !== undefined) checkMd5(promised.md5Base64, found.md5Hex);
  if (promised.crc32InTrailer && promised.crc32 === undefined) {
    throw new S3Error('IncompleteBody', 'The announced checksum trailer is missing.');
  }
  if (promised.crc32 !== undefined && promised.crc32 !== found.crc32) {
    throw new S3Error(
      'BadDigest',
      `The CRC32 you specified (${promised.crc32}) did not match the calculated checksum (${found.crc32}). ` +
        "A presigned PUT must be signed with requestChecksumCalculation: 'WHEN_REQUIRED'.",
    );
  }
}

function checkMd5(md5Base64: string, md5Hex: string): void {
  const claimed = Buffer.from(md5Base64, 'base64');
  if (claimed.length !== 16)
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (claimed.toString('hex') !== md5Hex) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}
