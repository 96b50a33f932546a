import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isTracingWanted,
  readSettings,
  readVariable,
  SettingsError,
  type Environment,
} from '../../../src/config/settings.js';

const secret = `whsec_${'A'.repeat(32)}`;

/** The least that must be set. */
const least = {
  DATABASE_URL: 'postgres://app@db/vsl',
  REDIS_URL: 'redis://cache:6379',
  REPLICATE_API_TOKEN: 'r8_test',
  REPLICATE_WEBHOOK_SECRET: secret,
  WEBHOOK_BASE_URL: 'https://media.example',
  S3_BUCKET: 'media',
  DYNAMODB_TABLE: 'jobs',
  MODELS_CONFIG: '{}',
};

function faultsOf(env: Environment): string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('settings', () => {
  it('have defaults for all but what only a deployment knows', () => {
    expect(readSettings(least)).toEqual({
      stage: 'local',
      logLevel: 'info',
      http: { port: 3000, host: '0.0.0.0', corsOrigins: [], trustedProxyHops: 0 },
      databaseUrl: 'postgres://app@db/vsl',
      redis: { queueUrl: 'redis://cache:6379', cacheUrl: 'redis://cache:6379' },
      replicate: {
        baseUrl: 'https://api.replicate.com/v1',
        token: 'r8_test',
        webhookSecrets: [secret],
        webhookBaseUrl: 'https://media.example',
      },
      webhookPrivateHosts: [],
      s3: { bucket: 'media', endpoint: undefined, publicBaseUrl: undefined, urls: 'public' },
      dynamodb: { table: 'jobs', endpoint: undefined },
      awsRegion: 'us-east-1',
      modelsConfig: { text: '{}', source: 'MODELS_CONFIG' },
      access: { required: true, adminApiKey: undefined, rateLimitPerHour: 100, oidc: undefined },
      media: {
        sourceHosts: ['replicate.delivery', '*.replicate.delivery'],
        ffmpegPath: 'ffmpeg',
        ffprobePath: 'ffprobe',
      },
      pollIntervalSeconds: 15,
      heartbeatFile: undefined,
      plannedCrash: undefined,
    });
  });

  it('name everything that is missing at once', () => {
    expect(faultsOf({}).map((fault) => fault.split(' ')[0])).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'REPLICATE_API_TOKEN',
      'REPLICATE_WEBHOOK_SECRET',
      'WEBHOOK_BASE_URL',
      'S3_BUCKET',
      'DYNAMODB_TABLE',
    ]);
  });

  it('tell all faults of one set-up in one message', () => {
    const env = { ...least, PORT: 'http', STAGE: 'production', AUTH_REQUIRED: 'yes', S3_BUCKET: ' ' };
    expect(faultsOf(env)).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'STAGE must be one of local, dev, staging, homolog, prod',
      'S3_BUCKET is not set: Bucket that keeps the media.',
      'AUTH_REQUIRED must be true or false',
    ]);
    expect(() => readSettings(env)).toThrow(/^The configuration has 4 faults:\n- PORT [^\n]+\n- STAGE /);
  });

  it.each(Object.keys(least).filter((name) => name !== 'MODELS_CONFIG'))(
    'take an empty %s for one that is not set',
    (name) => {
      const faults = faultsOf({ ...least, [name]: '  ' });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(new RegExp(`^${name} is not set: `));
    },
  );

  it.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['PORT', 'NaN'],
    ['STAGE', 'Prod'],
    ['LOG_LEVEL', 'verbose'],
    ['DATABASE_URL', 'mysql://db/x'],
    ['DATABASE_URL', 'db:5432'],
    ['REDIS_URL', 'http://cache'],
    ['REDIS_CACHE_URL', 'cache:6379'],
    ['REPLICATE_BASE_URL', 'api.replicate.com'],
    ['REPLICATE_WEBHOOK_SECRET', 'whsec_'],
    ['REPLICATE_WEBHOOK_SECRET', 'secret'],
    ['REPLICATE_WEBHOOK_SECRET', `${secret},whsec_short`],
    ['REPLICATE_WEBHOOK_SECRET', ','],
    ['WEBHOOK_BASE_URL', 'ftp://media.example'],
    ['WEBHOOK_BASE_URL', 'https:media.example'],
    ['S3_ENDPOINT', 's3'],
    ['S3_PUBLIC_BASE_URL', '/media'],
    ['MEDIA_URLS', 'private'],
    ['DYNAMODB_TABLE', 'a b'],
    ['DYNAMODB_TABLE', 'ab'],
    ['DYNAMODB_ENDPOINT', 'localhost:8000'],
    ['TRUSTED_PROXY_HOPS', '-1'],
    ['CORS_ORIGINS', 'studio.example'],
    ['CORS_ORIGINS', 'https://studio.example/'],
    ['RATE_LIMIT_PER_HOUR', '0'],
    ['RATE_LIMIT_PER_HOUR', 'many'],
    ['AUTH_REQUIRED', 'TRUE'],
    ['AUTH_REQUIRED', '1'],
    ['ADMIN_API_KEY', 'short'],
    ['OIDC_ISSUER', 'issuer'],
    ['MEDIA_SOURCE_HOSTS', '*'],
    ['MEDIA_SOURCE_HOSTS', 'https://replicate.delivery'],
    ['MEDIA_SOURCE_HOSTS', 'a.*.delivery'],
    ['MEDIA_SOURCE_HOSTS', 'host/path'],
    ['MEDIA_SOURCE_HOSTS', ','],
    ['WEBHOOK_PRIVATE_HOSTS', '*'],
    ['WEBHOOK_PRIVATE_HOSTS', '*.example'],
    ['WEBHOOK_PRIVATE_HOSTS', 'http://localhost'],
    ['POLL_INTERVAL_SECONDS', '0'],
    ['POLL_INTERVAL_SECONDS', '3601'],
  ])('refuse %s=%s by name', (name, value) => {
    const faults = faultsOf({ ...least, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} must `));
  });

  it.each([
    ['PORT', '0', (settings: ReturnType<typeof readSettings>) => settings.http.port, 0],
    ['REDIS_CACHE_URL', 'rediss://other', (settings) => settings.redis.cacheUrl, 'rediss://other'],
    [
      'WEBHOOK_BASE_URL',
      'https://a/base//',
      (settings) => settings.replicate.webhookBaseUrl,
      'https://a/base',
    ],
    ['REPLICATE_BASE_URL', 'HTTPS://A/V1', (settings) => settings.replicate.baseUrl, 'https://A/V1'],
    [
      'REPLICATE_WEBHOOK_SECRET',
      `${secret}, ${secret}=`,
      (settings) => settings.replicate.webhookSecrets,
      [secret, `${secret}=`],
    ],
    [
      'MEDIA_SOURCE_HOSTS',
      ' Replicate.Delivery , *.a.b , 127.0.0.1 , ::1 , host:8080',
      (settings) => settings.media.sourceHosts,
      ['replicate.delivery', '*.a.b', '127.0.0.1', '::1', 'host:8080'],
    ],
    ['AUTH_REQUIRED', 'false', (settings) => settings.access.required, false],
    [
      'WEBHOOK_PRIVATE_HOSTS',
      'Localhost, 127.0.0.1:4000',
      (settings) => settings.webhookPrivateHosts,
      ['localhost', '127.0.0.1:4000'],
    ],
    ['CORS_ORIGINS', '*', (settings) => settings.http.corsOrigins, ['*']],
  ] as [string, string, (settings: ReturnType<typeof readSettings>) => unknown, unknown][])(
    'take %s=%s',
    (name, value, read, expected) => {
      expect(read(readSettings({ ...least, [name]: value }))).toEqual(expected);
    },
  );

  it.each([
    ['open access in production', { STAGE: 'prod', AUTH_REQUIRED: 'false' }, 'AUTH_REQUIRED'],
    ['an opened inside', { STAGE: 'dev', WEBHOOK_PRIVATE_HOSTS: 'localhost' }, 'WEBHOOK_PRIVATE_HOSTS'],
    ['webhooks in clear', { STAGE: 'dev', WEBHOOK_BASE_URL: 'http://media.example' }, 'WEBHOOK_BASE_URL'],
    [
      'webhooks in clear, in capitals',
      { STAGE: 'dev', WEBHOOK_BASE_URL: 'HTTP://media' },
      'WEBHOOK_BASE_URL',
    ],
    ['the token in clear', { STAGE: 'prod', REPLICATE_BASE_URL: 'http://replicate' }, 'REPLICATE_BASE_URL'],
    ['tokens for anyone', { OIDC_ISSUER: 'https://id' }, 'OIDC_AUDIENCE'],
    ['an issuer in clear', { STAGE: 'dev', OIDC_ISSUER: 'http://id', OIDC_AUDIENCE: 'a' }, 'OIDC_ISSUER'],
    [
      'half a signer of CloudFront',
      { CLOUDFRONT_KEY_PAIR_ID: 'K2JCJMDEHXQW5F', MEDIA_URLS: 'signed', S3_PUBLIC_BASE_URL: 'https://cdn' },
      'CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY',
    ],
    [
      'a signer of public URLs',
      {
        CLOUDFRONT_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
        CLOUDFRONT_PRIVATE_KEY: pem,
        S3_PUBLIC_BASE_URL: 'https://cdn',
      },
      'CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY',
    ],
    ['a key that is none', { CLOUDFRONT_PRIVATE_KEY: 'key' }, 'CLOUDFRONT_PRIVATE_KEY'],
    ['a planned death', { STAGE: 'prod', CRASH_POINT: 'job-stored' }, 'CRASH_POINT'],
    ['it in capitals', { STAGE: 'prod', REPLICATE_BASE_URL: 'Http://replicate' }, 'REPLICATE_BASE_URL'],
  ])('refuse %s', (_what, change, name) => {
    const faults = faultsOf({ ...least, ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} must `));
  });

  it.each([
    { STAGE: 'local', AUTH_REQUIRED: 'false', WEBHOOK_BASE_URL: 'http://a', REPLICATE_BASE_URL: 'http://b' },
    { STAGE: 'dev', AUTH_REQUIRED: 'false' },
    { STAGE: 'prod' },
    {
      MEDIA_URLS: 'signed',
      S3_PUBLIC_BASE_URL: 'https://cdn',
      CLOUDFRONT_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
      CLOUDFRONT_PRIVATE_KEY: pem.replaceAll('\n', '\\n'),
    },
  ])('take %j', (change) => {
    expect(faultsOf({ ...least, ...change })).toEqual([]);
  });

  it('never print a value that may be a secret', () => {
    const env = {
      ...least,
      DATABASE_URL: 'canary-1',
      REDIS_URL: 'redis//canary-2',
      REPLICATE_WEBHOOK_SECRET: 'canary-3',
      ADMIN_API_KEY: 'canary-4',
    };
    expect(faultsOf(env)).toHaveLength(4);
    expect(faultsOf(env).join()).not.toContain('canary');
  });
});

describe('the registry of models', () => {
  const dir = mkdtempSync(join(tmpdir(), 'settings-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const { MODELS_CONFIG: _inline, ...rest } = least;

  it('is read from its file', () => {
    const file = join(dir, 'models.json');
    writeFileSync(file, '{"image":{}}');
    expect(readSettings({ ...rest, MODELS_CONFIG_FILE: file }).modelsConfig).toEqual({
      text: '{"image":{}}',
      source: file,
    });
  });

  it('given inline beats its file', () => {
    expect(readSettings({ ...least, MODELS_CONFIG_FILE: '/nowhere' }).modelsConfig.source).toBe(
      'MODELS_CONFIG',
    );
  });

  it('whose file is missing is a fault beside the others', () => {
    const faults = faultsOf({ ...rest, PORT: 'x', MODELS_CONFIG_FILE: join(dir, 'none.json') });
    expect(faults).toHaveLength(2);
    expect(faults[1]).toMatch(/^MODELS_CONFIG_FILE cannot be read: ENOENT/);
  });
});

describe('a variable by itself', () => {
  it('needs no other', () => {
    expect(readVariable('DATABASE_URL', { DATABASE_URL: 'postgres://db/x' })).toBe('postgres://db/x');
    expect(readVariable('PORT', {})).toBe(3000);
  });

  it('that is wrong is told alike', () => {
    expect(() => readVariable('DATABASE_URL', {})).toThrow(
      'The configuration has 1 fault:\n- DATABASE_URL is not set: PostgreSQL, the authority.',
    );
  });
});

describe('tracing', () => {
  const endpoint = 'http://127.0.0.1:4318';

  it.each<[boolean, Environment]>([
    [false, {}],
    [true, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
    [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces` }],
    [true, { OTEL_TRACES_EXPORTER: 'otlp' }],
    [false, { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
    [false, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' }],
  ])('is wanted (%s) by %j', (wanted, env) => {
    expect(isTracingWanted(env)).toBe(wanted);
  });
});
