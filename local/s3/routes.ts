import { deleteDocument, getDocument, putDocument } from './bucket-documents.js';
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from './buckets.js';
import { copyObject } from './copy.js';
import { deleteObjects } from './delete-objects.js';
import { notImplemented } from './errors.js';
import { listObjects } from './list-objects.js';
import { listParts, listUploads } from './list-uploads.js';
import { abortUpload, completeUpload, createUpload, uploadPart } from './multipart.js';
import { deleteObject, getObject, headObject, putObject } from './objects.js';
import type { Operation } from './operation.js';
import type { S3Request } from './request.js';

type Target = 'service' | 'bucket' | 'object';

interface Route {
  target: Target;
  method: string;
  /** Query parameters that must be there. */
  needs?: string[];
  /** Query parameters that may be there. Any other makes it a request for something this server does not do. */
  allows?: string[];
  copies?: boolean;
  /** Reads an object, so that anyone may do it if the object is public. */
  readsObject?: boolean;
  run: Operation;
}

const OVERRIDES = ['content-type', 'content-disposition', 'cache-control', 'content-encoding'].map(
  (name) => `response-${name}`,
);
const LIST_OPTIONS = [
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
];
const UPLOAD_OPTIONS = ['prefix', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'];
const PART_OPTIONS = ['max-parts', 'part-number-marker'];

const documentRoutes = (['cors', 'policy', 'lifecycle'] as const).flatMap((name): Route[] => [
  { target: 'bucket', method: 'PUT', needs: [name], run: putDocument(name) },
  { target: 'bucket', method: 'GET', needs: [name], run: getDocument(name) },
  { target: 'bucket', method: 'DELETE', needs: [name], run: deleteDocument(name) },
]);

/** All that this server does. */
const ROUTES: Route[] = [
  { target: 'service', method: 'GET', run: listBuckets },

  { target: 'bucket', method: 'PUT', run: createBucket },
  { target: 'bucket', method: 'HEAD', run: headBucket },
  { target: 'bucket', method: 'DELETE', run: deleteBucket },
  { target: 'bucket', method: 'GET', needs: ['location'], run: getBucketLocation },
  {
    target: 'bucket',
    method: 'GET',
    needs: ['list-type'],
    allows: [...LIST_OPTIONS, 'fetch-owner'],
    run: listObjects,
  },
  { target: 'bucket', method: 'GET', needs: ['uploads'], allows: UPLOAD_OPTIONS, run: listUploads },
  { target: 'bucket', method: 'POST', needs: ['delete'], run: deleteObjects },
  ...documentRoutes,

  { target: 'object', method: 'GET', allows: OVERRIDES, readsObject: true, run: getObject },
  { target: 'object', method: 'HEAD', allows: OVERRIDES, readsObject: true, run: headObject },
  { target: 'object', method: 'PUT', run: putObject },
  { target: 'object', method: 'PUT', copies: true, run: copyObject },
  { target: 'object', method: 'DELETE', run: deleteObject },

  { target: 'object', method: 'POST', needs: ['uploads'], run: createUpload },
  { target: 'object', method: 'PUT', needs: ['partNumber', 'uploadId'], run: uploadPart },
  { target: 'object', method: 'POST', needs: ['uploadId'], run: completeUpload },
  { target: 'object', method: 'DELETE', needs: ['uploadId'], run: abortUpload },
  { target: 'object', method: 'GET', needs: ['uploadId'], allows: PART_OPTIONS, run: listParts },
];

/** Finds the one route for a request, by exactly the parameters it carries: anything else is not implemented. */
export function findRoute(request: S3Request): Route {
  const target: Target = request.key !== '' ? 'object' : request.bucketName !== '' ? 'bucket' : 'service';
  const copies = request.headers.has('x-amz-copy-source');
  const names = [...request.query.keys()].filter((name) => !isIgnored(name));
  const route = ROUTES.find(
    ({ needs = [], allows = [], ...candidate }) =>
      candidate.target === target &&
      candidate.method === request.method &&
      (candidate.copies ?? false) === copies &&
      needs.every((name) => names.includes(name)) &&
      names.every((name) => needs.includes(name) || allows.includes(name)),
  );
  if (!route) {
    const parameters = names.length > 0 ? ` with ${names.join(', ')}` : '';
    throw notImplemented(
      `${request.method} of a ${target}${parameters}${copies ? ' from a copy source' : ''}`,
    );
  }
  return route;
}

/** The SDK names its operation in `x-id`; `x-amz-…` is part of a presigned URL. */
function isIgnored(name: string): boolean {
  return name === 'x-id' || name.toLowerCase().startsWith('x-amz-');
}
