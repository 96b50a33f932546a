import { readDocument } from './body.js';
import { S3Error, notImplemented } from './errors.js';
import type { Call } from './operation.js';
import { xmlReply, type S3Reply } from './reply.js';
import { childrenNamed, childText, parseXml, type XmlField } from './xml.js';

const MAX_KEYS = 1000;

/** DeleteObjects: up to 1000 keys; with `Quiet` only faults are listed, and there are none here. */
export async function deleteObjects({ request, identity, storage }: Call): Promise<S3Reply> {
  const document = parseXml(await readDocument(request, identity), 'Delete');
  const objects = childrenNamed(document, 'Object');
  if (objects.length === 0 || objects.length > MAX_KEYS) {
    throw new S3Error('MalformedXML', `Delete must name 1 to ${MAX_KEYS} objects.`);
  }
  const keys = objects.map((object) => {
    const unsupported = object.children.find(({ name }) => name !== 'Key');
    if (unsupported) throw notImplemented(`${unsupported.name} in Delete`);
    const key = childText(object, 'Key');
    if (!key) throw new S3Error('MalformedXML', 'Every Object of Delete needs a Key.');
    return key;
  });
  const bucket = storage.bucket(request.bucketName);
  for (const key of keys) storage.bodies.remove(bucket.deleteObject(key));
  const quiet = childText(document, 'Quiet') === 'true';
  const deleted = keys.map((key): XmlField => ['Deleted', [['Key', key]]]);
  return xmlReply('DeleteResult', quiet ? [] : deleted);
}
