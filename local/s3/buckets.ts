import { readDocument } from './body.js';
import { S3Error } from './errors.js';
import type { Call } from './operation.js';
import { emptyReply, xmlReply, type S3Reply } from './reply.js';
import { childText, parseXml, type XmlField } from './xml.js';

const OWNER: XmlField = [
  'Owner',
  [
    ['ID', 'owner'],
    ['DisplayName', 'owner'],
  ],
];

/** Whether S3 would take the name: also what makes it safe as the name of a directory. */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  );
}

/** CreateBucket. The location constraint, if any, must be this server's region. */
export async function createBucket({ request, identity, storage, region, now }: Call): Promise<S3Reply> {
  const name = request.bucketName;
  if (!isBucketName(name)) throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.');
  const hasBody = !['0', undefined].includes(request.headers.get('content-length'));
  const configuration = hasBody ? await readDocument(request, identity) : '';
  const location =
    configuration.trim() === ''
      ? undefined
      : childText(parseXml(configuration, 'CreateBucketConfiguration'), 'LocationConstraint');
  if (location && location !== region) {
    throw new S3Error('InvalidArgument', `The location constraint must be this server's region, ${region}.`);
  }
  if (storage.find(name)) {
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'The bucket you tried to create already exists, and you own it.',
    );
  }
  storage.create({ name, createdAt: now.toISOString(), documents: {} });
  return emptyReply(200, { location: `/${name}` });
}

export function headBucket({ request, storage, region }: Call): S3Reply {
  storage.bucket(request.bucketName);
  return emptyReply(200, { 'x-amz-bucket-region': region });
}

export function deleteBucket({ request, storage }: Call): S3Reply {
  storage.delete(request.bucketName);
  return emptyReply(204);
}

export function listBuckets({ storage }: Call): S3Reply {
  const buckets = storage.list().map(({ record }): XmlField => [
    'Bucket',
    [
      ['Name', record.name],
      ['CreationDate', record.createdAt],
    ],
  ]);
  return xmlReply('ListAllMyBucketsResult', [OWNER, ['Buckets', buckets]]);
}

/** GetBucketLocation: us-east-1 is written as an empty constraint. */
export function getBucketLocation({ request, storage, region }: Call): S3Reply {
  storage.bucket(request.bucketName);
  return xmlReply('LocationConstraint', region === 'us-east-1' ? '' : region);
}
