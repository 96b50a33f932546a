import type { LocalCredentials } from './credentials.js';
import type { FfmpegBinaries } from './ffmpeg-binaries.js';

/** Variables of a process; absent and empty mean the same. */
export type Environment = Record<string, string | undefined>;

/** URL of each service in use, ours or given; a service that was not asked for has none. */
export interface Addresses {
  postgres?: string;
  redis?: string;
  dynamodb?: string;
  s3?: string;
  /** Base of Replicate's API, `…/v1`. */
  replicate?: string;
}

export type ServiceName = keyof Addresses;

/** The variable that gives a service's address; when it is set, no twin of ours is started. */
export const ADDRESS_VARIABLES = {
  postgres: 'DATABASE_URL',
  redis: 'REDIS_URL',
  dynamodb: 'DYNAMODB_ENDPOINT',
  s3: 'S3_ENDPOINT',
  replicate: 'REPLICATE_BASE_URL',
} as const satisfies Record<ServiceName, string>;

export const ALL_SERVICES = Object.keys(ADDRESS_VARIABLES) as ServiceName[];

/** A developer, or a suite of tests, is one user who asks for much. */
const LOCAL_RATE_LIMIT = '1000000';

const SOURCE_HOSTS = 'replicate.delivery,*.replicate.delivery';

/** Where a developer's own receiver of webhooks listens. */
const OWN_MACHINE = 'localhost,127.0.0.1';

/** What the services and the application must agree upon before any of them starts. */
export interface Agreement {
  region: string;
  bucket: string;
  table: string;
  accessKeyId: string;
  secretAccessKey: string;
  replicateToken: string;
  /** One secret, or several, separated by commas. */
  webhookSecret: string;
  publicRead: boolean;
}

/** Takes each value from `env`, else from the data folder's credentials, else a fixed name. */
export function agree(env: Environment, local: LocalCredentials): Agreement {
  const ownKeys = Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY);
  return {
    region: env.AWS_REGION || 'us-east-1',
    bucket: env.S3_BUCKET || 'vsl-media',
    table: env.DYNAMODB_TABLE || 'vsl-media-jobs',
    accessKeyId: (ownKeys && env.AWS_ACCESS_KEY_ID) || local.accessKeyId,
    secretAccessKey: (ownKeys && env.AWS_SECRET_ACCESS_KEY) || local.secretAccessKey,
    replicateToken: env.REPLICATE_API_TOKEN || local.replicateToken,
    webhookSecret: env.REPLICATE_WEBHOOK_SECRET || local.webhookSecret,
    publicRead: env.MEDIA_URLS !== 'signed',
  };
}

/** The variables that API, worker and migrations need on this stack; a variable that is set in `env` keeps its value. */
export function stackEnvironment(
  env: Environment,
  agreement: Agreement,
  addresses: Addresses,
  ffmpeg: FfmpegBinaries,
): Record<string, string> {
  return {
    STAGE: env.STAGE || 'local',
    AUTH_REQUIRED: env.AUTH_REQUIRED || 'false',
    RATE_LIMIT_PER_HOUR: env.RATE_LIMIT_PER_HOUR || LOCAL_RATE_LIMIT,
    HOST: env.HOST || '127.0.0.1',
    ...addressVariables(addresses),
    ...(addresses.redis ? { REDIS_CACHE_URL: env.REDIS_CACHE_URL || addresses.redis } : {}),
    ...awsVariables(env, agreement),
    S3_BUCKET: agreement.bucket,
    DYNAMODB_TABLE: agreement.table,
    REPLICATE_API_TOKEN: agreement.replicateToken,
    REPLICATE_WEBHOOK_SECRET: agreement.webhookSecret,
    MEDIA_SOURCE_HOSTS: sourceHosts(env, addresses),
    ...webhookHosts(env),
    FFMPEG_PATH: ffmpeg.ffmpegPath,
    FFPROBE_PATH: ffmpeg.ffprobePath,
  };
}

function addressVariables(addresses: Addresses): Record<string, string> {
  const entries = Object.entries(addresses) as [ServiceName, string | undefined][];
  return Object.fromEntries(
    entries.flatMap(([name, url]) => (url === undefined ? [] : [[ADDRESS_VARIABLES[name], url]])),
  );
}

/** A profile of the user's would beat the keys of the stack (AWS SDK), so it is blanked beside them. */
function awsVariables(env: Environment, agreement: Agreement): Record<string, string> {
  const keysAreOurs = agreement.accessKeyId !== env.AWS_ACCESS_KEY_ID;
  return {
    AWS_REGION: agreement.region,
    AWS_ACCESS_KEY_ID: agreement.accessKeyId,
    AWS_SECRET_ACCESS_KEY: agreement.secretAccessKey,
    AWS_PROFILE: '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(keysAreOurs ? { AWS_SESSION_TOKEN: '' } : {}),
  };
}

/** None where the stage is not local: there the application refuses them. */
function webhookHosts({ STAGE, WEBHOOK_PRIVATE_HOSTS }: Environment): Record<string, string> {
  const own = (STAGE || 'local') === 'local' ? OWN_MACHINE : '';
  const hosts = WEBHOOK_PRIVATE_HOSTS || own;
  return hosts === '' ? {} : { WEBHOOK_PRIVATE_HOSTS: hosts };
}

function sourceHosts(env: Environment, { replicate }: Addresses): string {
  const hosts = (env.MEDIA_SOURCE_HOSTS || SOURCE_HOSTS).split(',').map((host) => host.trim());
  const added = replicate ? [new URL(replicate).hostname] : [];
  return [...new Set([...hosts, ...added])].join(',');
}
