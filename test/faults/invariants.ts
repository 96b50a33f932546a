import { never, type Figure } from './figures.js';
import type { MirrorItem } from './stores/dynamodb.js';
import type { DatabaseContents, JobRow } from './stores/postgres.js';
import type { ProviderContents, SentWebhook } from './stores/provider.js';
import type { RedisContents } from './stores/redis.js';
import type { BucketContents } from './stores/s3.js';
import type { AcceptedJob } from './world/clients.js';

/** All five stores at rest, and what the clients were promised. */
export interface Aftermath {
  accepted: AcceptedJob[];
  database: DatabaseContents;
  redis: RedisContents;
  table: MirrorItem[];
  bucket: BucketContents;
  provider: ProviderContents;
}

const FINAL = ['completed', 'failed', 'canceled'];

/** Signatures that the simulator spoiled on purpose. */
const SPOILED = ['wrong-secret', 'stale-timestamp', 'future-timestamp'];

/** I1: every job answered 2xx is in PostgreSQL and has ended, with its output if the provider made one. */
export function nothingLost({ accepted, database, provider }: Aftermath): Figure[] {
  const jobs = byId(database.jobs);
  return [
    never(
      'I1 false 202s',
      accepted.filter(({ jobId }) => !jobs.has(jobId)).map(({ jobId }) => jobId),
    ),
    never(
      'I1 jobs lost',
      database.jobs
        .filter(({ state }) => !FINAL.includes(state))
        .map(({ jobId, state }) => `${jobId} is ${state}`),
    ),
    never(
      'I1 paid outputs lost',
      database.jobs
        .filter(({ replicateId, state }) => madeFor(replicateId, provider) > 0 && state !== 'completed')
        .map(({ jobId, state, errorCode }) => `${jobId} is ${state} (${errorCode})`),
    ),
  ];
}

/** I2: a job has one prediction; what else there may be has been canceled. */
export function nothingPaidTwice({ database, provider }: Aftermath): Figure[] {
  const held = new Set(database.jobs.map(({ replicateId }) => replicateId));
  const surplus = provider.predictions.filter(({ id }) => !held.has(id));
  return [
    never(
      'I2 duplicate predictions',
      surplus.map(({ id, status, webhook }) => `${id} ${status}, made for ${webhook}`),
    ),
    never(
      'I2 surplus predictions not canceled',
      surplus.filter(({ status }) => status !== 'canceled').map(({ id, status }) => `${id} ${status}`),
    ),
  ];
}

/** I3: what is completed is stored, once, as the source gave it. I4: nothing else is stored. */
export function storedOnceAndWhole({ database, bucket, provider }: Aftermath): Figure[] {
  const jobs = byId(database.jobs);
  const rowsOf = grouped(database.outputs, ({ jobId }) => jobId);
  const named = new Set([
    ...database.outputs.flatMap(({ objectKey, pieceKeys }) => [objectKey, ...pieceKeys]),
    ...database.jobs.flatMap(({ result }) => (result ? [result.metadataKey] : [])),
  ]);
  const wrong = database.outputs.filter(({ jobId, objectKey, fileSize, sha256, outputIndex }) => {
    const stored = bucket.outputs.get(objectKey);
    const source = provider.sources.get(jobs.get(jobId)?.replicateId ?? '')?.[outputIndex];
    return !stored || stored.bytes !== fileSize || stored.sha256 !== sha256 || source?.sha256 !== sha256;
  });
  const originals = grouped(
    [...bucket.keys].filter((key) => /\/original[^/]*$/.test(key)),
    (key) => key.replace(/\/[^/]*$/, ''),
  );
  const expected = (jobId: string) => rowsOf.get(jobId)?.length ?? 0;
  return [
    never(
      'I3 outputs not stored as the source gave them',
      wrong.map(({ objectKey }) => objectKey),
    ),
    never(
      'I3 completed jobs without all their outputs',
      database.jobs
        .filter(({ jobId, state, replicateId }) => {
          const made = madeFor(replicateId, provider);
          return state === 'completed' && (made === 0 || expected(jobId) !== made);
        })
        .map(({ jobId }) => `${jobId}: ${expected(jobId)} rows`),
    ),
    never(
      'I3 double-stored outputs',
      [...originals]
        .filter(([prefix, keys]) => keys.length > expected(prefix.split('/').at(-1)!))
        .filter(([prefix]) => jobs.get(prefix.split('/').at(-1)!)?.state === 'completed')
        .map(([, keys]) => keys.join(', ')),
    ),
    never(
      'I4 orphan objects',
      [...bucket.keys].filter((key) => !named.has(key)),
    ),
    never('I4 open multipart uploads', bucket.openMultiparts),
  ];
}

/** I5: histories are whole, and every layer tells what PostgreSQL tells. */
export function layersAgree({ database, redis, table }: Aftermath): Figure[] {
  const items = grouped(table, ({ jobId }) => jobId);
  const differs = (job: JobRow) => {
    const mirrored = items.get(job.jobId) ?? [];
    const cached = redis.versions.get(job.jobId);
    // A pending job that never moved was never mirrored: it is read from PostgreSQL.
    const inTable = mirrored.length === 1 && mirrored[0]!.version === job.version;
    return !inTable || (cached !== undefined && cached !== job.version);
  };
  return [
    never('I5 broken histories', database.brokenHistories),
    never(
      'I5 jobs whose layers differ',
      database.jobs.filter(differs).map(({ jobId, version, state }) => {
        const mirrored = (items.get(jobId) ?? []).map((item) => item.version).join(' and ') || 'none';
        const cached = redis.versions.get(jobId) ?? 'none';
        return `${jobId} ${state} v${version}: DynamoDB ${mirrored}, Redis ${cached}`;
      }),
    ),
  ];
}

/** I6: a webhook answered 2xx is in the inbox; a rightly signed one is taken, another never. */
export function webhooksKept({ database, provider }: Aftermath): Figure[] {
  const told = ({ webhookId, status, fault }: SentWebhook) =>
    `${webhookId} ${status} (${fault ?? 'no fault'})`;
  const delivered = provider.webhooks.filter(
    ({ outcome, fault }) => outcome === 'delivered' && fault !== 'redirect',
  );
  const spoiled = (sent: SentWebhook) => SPOILED.includes(sent.fault ?? '');
  return [
    never(
      'I6 webhooks answered 200 but not kept',
      delivered.filter((sent) => !database.webhookIds.has(sent.webhookId)).map(told),
    ),
    never('I6 forged webhooks accepted', delivered.filter(spoiled).map(told)),
    never(
      'I6 valid webhooks rejected',
      provider.webhooks
        .filter((sent) => sent.outcome === 'refused' && sent.fault !== 'redirect' && !spoiled(sent))
        .filter(({ status }) => status !== 503)
        .map(told),
    ),
  ];
}

/** I7: one key, one job. */
export function oneJobAKey({ accepted, database }: Aftermath): Figure {
  const owners = grouped(
    accepted.filter(({ key }) => key !== undefined),
    ({ key }) => key,
  );
  const clashes = [...owners].filter(([, jobs]) => new Set(jobs.map(({ jobId }) => jobId)).size > 1);
  const strangers = database.jobs.length - new Set(accepted.map(({ jobId }) => jobId)).size;
  return never('I7 keys with more than one job', [
    ...clashes.map(([key]) => `${key}`),
    ...(strangers < 0 ? [`${-strangers} fewer jobs than were accepted`] : []),
  ]);
}

/** I8: what is charged is what the provider's ledger says was made. */
export function chargedRight({ database, provider }: Aftermath): Figure {
  const charged = new Map<string, number>();
  for (const { replicateId, usd } of database.charges)
    charged.set(replicateId ?? 'none', (charged.get(replicateId ?? 'none') ?? 0) + usd);
  const wrong = [...provider.prices, ['none', 0] as const].filter(
    ([id, usd]) => Math.abs((charged.get(id) ?? 0) - usd) > 1e-9,
  );
  return never(
    'I8 predictions charged unlike the ledger',
    wrong.map(([id, usd]) => `${id}: ${charged.get(id) ?? 0} USD for ${usd}`),
  );
}

/** I9: nothing is left to be sent or done. */
export function nothingLeftOver({ database, redis }: Aftermath): Figure[] {
  return [
    never('I9 messages left in the outbox', database.outbox),
    never('I9 messages left in the queues', redis.queued),
    never('I9 messages given up', [...redis.givenUp, ...database.deadLetters]),
  ];
}

/** How many outputs the provider made for the job that has the prediction. */
function madeFor(replicateId: string | null, { sources }: ProviderContents): number {
  return sources.get(replicateId ?? '')?.length ?? 0;
}

function byId(jobs: JobRow[]): Map<string, JobRow> {
  return new Map(jobs.map((job) => [job.jobId, job]));
}

function grouped<T, K>(items: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
