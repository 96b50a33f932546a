import { createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { CRASH_POINTS, type PlannedCrash } from '../crash-points.js';

/** How one environment variable is read: `parse` returns its value or throws an Error that says how to mend it. */
export interface Variable<T> {
  doc: string;
  /** Text used when the variable is absent or empty; without it the variable must be set. */
  default?: string;
  parse: (text: string) => T;
}

const fail = (message: string): never => {
  throw new Error(message);
};

const text = (value: string) => value;

/** Turns a parser into one that gives undefined for the empty text. */
function optional<T>(parse: (value: string) => T) {
  return (value: string): T | undefined => (value === '' ? undefined : parse(value));
}

function integer(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value);
    return Number.isInteger(number) && number >= min && number <= max
      ? number
      : fail(`must be a whole number from ${min} to ${max}`);
  };
}

function oneOf<const T extends string>(...values: T[]) {
  return (value: string): T => {
    const found = values.find((candidate) => candidate === value);
    return found ?? fail(`must be one of ${values.join(', ')}`);
  };
}

/** Gives the URL with its protocol in small letters and without slashes at its end. */
function url(...protocols: string[]) {
  return (value: string): string => {
    const [protocol = '', rest] = value.split(/:\/\/(.*)/s);
    const known = protocols.includes(protocol.toLowerCase());
    return known && rest !== undefined && URL.canParse(value) && new URL(value).host !== ''
      ? `${protocol.toLowerCase()}://${rest.replace(/\/+$/, '')}`
      : fail(`must be a URL that starts with ${protocols.join(':// or ')}://`);
  };
}

function boolean(value: string): boolean {
  return value === 'true' || value === 'false' ? value === 'true' : fail('must be true or false');
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** A PEM, whose line breaks may stand as `\\n`: an environment keeps them so more easily. */
function privateKey(value: string): string {
  const pem = value.replaceAll('\\n', '\n');
  try {
    createPrivateKey(pem);
    return pem;
  } catch {
    return fail('must be a private key in PEM');
  }
}

function webhookSecrets(value: string): string[] {
  const secrets = list(value);
  const wellFormed =
    secrets.length > 0 && secrets.every((secret) => /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(secret));
  return wellFormed
    ? secrets
    : fail('must be one or more secrets of the form whsec_… (base64), separated by commas');
}

/** `host` or `host:port` each, no wildcards; none when empty. */
function exactHosts(value: string): string[] {
  const hosts = list(value).map((host) => host.toLowerCase());
  const bad = hosts.filter((host) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?$/.test(host));
  return bad.length === 0
    ? hosts
    : fail(
        `must list hosts such as localhost or 127.0.0.1:4000, without wildcards; wrong: ${bad.join(', ')}`,
      );
}

function hostPatterns(value: string): string[] {
  const hosts = list(value).map((host) => host.toLowerCase());
  const bad = hosts.filter(
    (host) => !isIP(host) && !/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?$/.test(host),
  );
  return hosts.length > 0 && bad.length === 0
    ? hosts
    : fail(
        `must list host names such as replicate.delivery or *.replicate.delivery; wrong: ${bad.join(', ') || 'empty'}`,
      );
}

function origins(value: string): string[] {
  const named = list(value);
  const bad = named.filter(
    (origin) => origin !== '*' && !(URL.canParse(origin) && new URL(origin).origin === origin),
  );
  return bad.length === 0
    ? named
    : fail(`must list origins such as https://studio.example, or *; wrong: ${bad.join(', ')}`);
}

/** `name`, or `name:n` for the n-th pass. */
function plannedCrash(value: string): PlannedCrash {
  const [name, pass = '1'] = value.split(':');
  const point = CRASH_POINTS.find((candidate) => candidate === name);
  return point && /^[1-9]\d{0,5}$/.test(pass)
    ? { point, pass: Number(pass) }
    : fail(
        `must be the name of a crash point, or name:n for its n-th pass; there are ${CRASH_POINTS.join(', ')}`,
      );
}

/** Every variable the product reads, each declared once: what it means, its default and its check. */
export const VARIABLES = {
  PORT: { doc: 'Port the API listens on; 0 takes a free one.', default: '3000', parse: integer(0, 65535) },
  HOST: { doc: 'Address the API listens on.', default: '0.0.0.0', parse: text },
  STAGE: {
    doc: 'Where this runs.',
    default: 'local',
    parse: oneOf('local', 'dev', 'staging', 'homolog', 'prod'),
  },
  LOG_LEVEL: {
    doc: 'Least severe log lines to print.',
    default: 'info',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
  METRICS_PORT: {
    doc: 'Port on which the process tells its metrics without a key; none when empty.',
    default: '',
    parse: optional(integer(0, 65535)),
  },
  DATABASE_URL: { doc: 'PostgreSQL, the authority.', parse: url('postgres', 'postgresql') },
  REDIS_URL: { doc: 'Redis of the queues (noeviction).', parse: url('redis', 'rediss') },
  REDIS_CACHE_URL: {
    doc: 'Redis of the status cache and limits; REDIS_URL when absent.',
    default: '',
    parse: optional(url('redis', 'rediss')),
  },
  REPLICATE_API_TOKEN: { doc: 'Token of the Replicate account.', parse: text },
  REPLICATE_BASE_URL: {
    doc: 'Replicate’s API.',
    default: 'https://api.replicate.com/v1',
    parse: url('https', 'http'),
  },
  REPLICATE_WEBHOOK_SECRET: {
    doc: 'Signing secret of Replicate’s webhooks; several, comma-separated, while rotating.',
    parse: webhookSecrets,
  },
  WEBHOOK_BASE_URL: {
    doc: 'Public base URL of this API, for Replicate’s webhooks.',
    parse: url('https', 'http'),
  },
  WEBHOOK_PRIVATE_HOSTS: {
    doc: 'Private hosts that users’ webhook endpoints may be on, over plain HTTP too; for STAGE=local only.',
    default: '',
    parse: exactHosts,
  },
  S3_BUCKET: { doc: 'Bucket that keeps the media.', parse: text },
  S3_ENDPOINT: { doc: 'S3 server other than AWS.', default: '', parse: optional(url('http', 'https')) },
  S3_PUBLIC_BASE_URL: {
    doc: 'Base of the media URLs; the bucket’s own URL when absent.',
    default: '',
    parse: optional(url('http', 'https')),
  },
  MEDIA_URLS: {
    doc: 'Whether media URLs are public or signed for an hour.',
    default: 'public',
    parse: oneOf('public', 'signed'),
  },
  MEDIA_ARCHIVE_AFTER_DAYS: {
    doc: 'After how many days the bucket moves media to its archive, which statuses then tell; never when absent.',
    default: '',
    parse: optional(integer(1, 36_500)),
  },
  CLOUDFRONT_KEY_PAIR_ID: {
    doc: 'Id of the public key that CloudFront checks signed media URLs with; S3 signs when absent.',
    default: '',
    parse: optional((value) =>
      /^[A-Z0-9]{10,}$/.test(value) ? value : fail('must be an id of CloudFront, such as K2JCJMDEHXQW5F'),
    ),
  },
  CLOUDFRONT_PRIVATE_KEY: {
    doc: 'Private key (PEM) of that pair.',
    default: '',
    parse: optional(privateKey),
  },
  DYNAMODB_TABLE: {
    doc: 'Table that mirrors job status.',
    parse: (value: string) =>
      /^[A-Za-z0-9_.-]{3,255}$/.test(value)
        ? value
        : fail('must be a table name of 3 to 255 letters, digits, _ . -'),
  },
  DYNAMODB_ENDPOINT: {
    doc: 'DynamoDB server other than AWS.',
    default: '',
    parse: optional(url('http', 'https')),
  },
  AWS_REGION: { doc: 'AWS region.', default: 'us-east-1', parse: text },
  MODELS_CONFIG: { doc: 'The model registry as inline JSON.', default: '', parse: optional(text) },
  MODELS_CONFIG_FILE: { doc: 'File of the model registry.', default: 'config/models.json', parse: text },
  RATE_LIMIT_PER_HOUR: {
    doc: 'Generations per user and hour.',
    default: '100',
    parse: integer(1, 1_000_000),
  },
  AUTH_REQUIRED: { doc: 'Whether callers need a key.', default: 'true', parse: boolean },
  CORS_ORIGINS: {
    doc: 'Origins whose pages may call the API from browsers; * for any.',
    default: '',
    parse: origins,
  },
  TRUSTED_PROXY_HOPS: {
    doc: 'Proxies before this service whose X-Forwarded-For is believed.',
    default: '0',
    parse: integer(0, 10),
  },
  ADMIN_API_KEY: {
    doc: 'Bootstrap API key with every scope.',
    default: '',
    parse: optional((value) => (value.length >= 16 ? value : fail('must have at least 16 characters'))),
  },
  OIDC_ISSUER: { doc: 'Issuer of bearer tokens.', default: '', parse: optional(url('https', 'http')) },
  OIDC_AUDIENCE: { doc: 'Audience of bearer tokens.', default: '', parse: optional(text) },
  MEDIA_SOURCE_HOSTS: {
    doc: 'Hosts that outputs may be fetched from.',
    default: 'replicate.delivery,*.replicate.delivery',
    parse: hostPatterns,
  },
  POLL_INTERVAL_SECONDS: {
    doc: 'Backup poll of running predictions.',
    default: '15',
    parse: integer(1, 3600),
  },
  FFMPEG_PATH: { doc: 'The ffmpeg program.', default: 'ffmpeg', parse: text },
  FFPROBE_PATH: { doc: 'The ffprobe program.', default: 'ffprobe', parse: text },
  HEARTBEAT_FILE: {
    doc: 'File that the worker writes every ten seconds, for health checks; none when empty.',
    default: '',
    parse: optional(text),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    doc: 'OpenTelemetry collector (OTLP over HTTP) that traces are sent to; none when empty.',
    default: '',
    parse: optional(url('http', 'https')),
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    doc: 'The same as the full address for traces.',
    default: '',
    parse: optional(url('http', 'https')),
  },
  OTEL_TRACES_EXPORTER: {
    doc: 'otlp: traces also without an endpoint named; none: never.',
    default: '',
    parse: optional(oneOf('otlp', 'none')),
  },
  OTEL_SDK_DISABLED: { doc: 'Whether OpenTelemetry is off in any case.', default: 'false', parse: boolean },
  CRASH_POINT: {
    doc: 'Where the process is to die; for the fault tests only.',
    default: '',
    parse: optional(plannedCrash),
  },
} satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;

/** The parsed value of each variable. */
export type VariableValues = { [K in VariableName]: ReturnType<(typeof VARIABLES)[K]['parse']> };
