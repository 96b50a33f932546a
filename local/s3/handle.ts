import { authenticate, type Credentials, type Identity } from './authentication.js';
import { preflight } from './cors.js';
import { S3Error } from './errors.js';
import { allowsAnonymousRead, parsePolicy } from './policy.js';
import type { S3Reply } from './reply.js';
import type { S3Request } from './request.js';
import { findRoute } from './routes.js';
import type { Storage } from './storage.js';

/** Who asks, whether they may, and the operation's answer. */
export async function handle(
  request: S3Request,
  storage: Storage,
  credentials: Credentials,
  now: Date,
): Promise<S3Reply> {
  if (request.method === 'OPTIONS') return preflight(request, storage.find(request.bucketName));
  const identity = authenticate(request, credentials, now);
  authorize(request, identity, storage);
  const { run } = findRoute(request);
  return run({ request, identity, storage, region: credentials.region, now });
}

function authorize(request: S3Request, identity: Identity, storage: Storage): void {
  if (identity.kind === 'owner') return;
  const mayRead =
    ['GET', 'HEAD'].includes(request.method) && request.key !== '' && isPublic(request, storage);
  if (!mayRead || !findRoute(request).readsObject) throw new S3Error('AccessDenied', 'Access Denied');
}

/** An object that is not there is not public either: strangers cannot find out which keys exist. */
function isPublic({ bucketName, key }: S3Request, storage: Storage): boolean {
  const bucket = storage.find(bucketName);
  const object = bucket?.objects.get(key);
  if (!bucket || !object) return false;
  const policy = bucket.record.documents.policy;
  return (
    object.acl === 'public-read' ||
    (policy !== undefined && allowsAnonymousRead(parsePolicy(policy), bucketName, key))
  );
}
