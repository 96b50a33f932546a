import { readDocument } from './body.js';
import type { BucketDocument } from './bucket.js';
import { parseCors } from './cors.js';
import { S3Error, type S3ErrorCode } from './errors.js';
import { parseLifecycle } from './lifecycle.js';
import type { Operation } from './operation.js';
import { parsePolicy } from './policy.js';
import { documentReply, emptyReply } from './reply.js';

interface DocumentKind {
  check: (text: string) => unknown;
  missing: S3ErrorCode;
  contentType: string;
  putStatus: number;
}

const KINDS: Record<BucketDocument, DocumentKind> = {
  cors: {
    check: parseCors,
    missing: 'NoSuchCORSConfiguration',
    contentType: 'application/xml',
    putStatus: 200,
  },
  policy: {
    check: parsePolicy,
    missing: 'NoSuchBucketPolicy',
    contentType: 'application/json',
    putStatus: 204,
  },
  lifecycle: {
    check: parseLifecycle,
    missing: 'NoSuchLifecycleConfiguration',
    contentType: 'application/xml',
    putStatus: 200,
  },
};

/** Stores a sub-resource of a bucket as the client wrote it, after checking that it can be followed. */
export function putDocument(name: BucketDocument): Operation {
  return async ({ request, identity, storage }) => {
    storage.bucket(request.bucketName);
    const text = await readDocument(request, identity);
    KINDS[name].check(text);
    storage.bucket(request.bucketName).saveDocument(name, text);
    return emptyReply(KINDS[name].putStatus);
  };
}

export function getDocument(name: BucketDocument): Operation {
  return ({ request, storage }) => {
    const text = storage.bucket(request.bucketName).record.documents[name];
    if (text === undefined)
      throw new S3Error(KINDS[name].missing, `The bucket has no ${name} configuration.`);
    return documentReply(text, { 'content-type': KINDS[name].contentType });
  };
}

export function deleteDocument(name: BucketDocument): Operation {
  return ({ request, storage }) => {
    storage.bucket(request.bucketName).saveDocument(name, undefined);
    return emptyReply(204);
  };
}
