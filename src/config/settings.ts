import { readFileSync } from 'node:fs';
import { VARIABLES, type Variable, type VariableName, type VariableValues } from './variables.js';

export type Environment = Record<string, string | undefined>;

/** The model registry as JSON, and where it stands. */
export interface ModelsConfig {
  text: string;
  source: string;
}

/** A wrong set-up: `faults` names every wrong variable and how to mend it. */
export class SettingsError extends Error {
  /** `modelsConfig` is the model registry, where that could be read: it may have faults of its own. */
  constructor(
    readonly faults: string[],
    readonly modelsConfig?: ModelsConfig,
  ) {
    super(
      `The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n- ${faults.join('\n- ')}`,
    );
    this.name = 'SettingsError';
  }
}

/** What a deployment decides, grouped by concern. Built once at start by `readSettings`. */
export class Settings {
  readonly stage;
  readonly logLevel;
  readonly http;
  readonly metricsPort;
  readonly databaseUrl;
  readonly redis;
  readonly replicate;
  readonly webhookPrivateHosts;
  readonly s3;
  readonly dynamodb;
  readonly awsRegion;
  readonly modelsConfig;
  readonly access;
  readonly media;
  readonly pollIntervalSeconds;
  readonly heartbeatFile;
  readonly plannedCrash;

  constructor(values: VariableValues, modelsConfig: ModelsConfig) {
    this.stage = values.STAGE;
    this.logLevel = values.LOG_LEVEL;
    this.http = {
      port: values.PORT,
      host: values.HOST,
      corsOrigins: values.CORS_ORIGINS,
      trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    };
    this.metricsPort = values.METRICS_PORT;
    this.databaseUrl = values.DATABASE_URL;
    this.redis = { queueUrl: values.REDIS_URL, cacheUrl: values.REDIS_CACHE_URL ?? values.REDIS_URL };
    this.replicate = {
      baseUrl: values.REPLICATE_BASE_URL,
      token: values.REPLICATE_API_TOKEN,
      webhookSecrets: values.REPLICATE_WEBHOOK_SECRET,
      webhookBaseUrl: values.WEBHOOK_BASE_URL,
    };
    this.webhookPrivateHosts = values.WEBHOOK_PRIVATE_HOSTS;
    this.s3 = {
      bucket: values.S3_BUCKET,
      endpoint: values.S3_ENDPOINT,
      publicBaseUrl: values.S3_PUBLIC_BASE_URL,
      urls: values.MEDIA_URLS,
      archiveAfterDays: values.MEDIA_ARCHIVE_AFTER_DAYS,
      cloudFront:
        values.CLOUDFRONT_KEY_PAIR_ID && values.CLOUDFRONT_PRIVATE_KEY
          ? { keyPairId: values.CLOUDFRONT_KEY_PAIR_ID, privateKey: values.CLOUDFRONT_PRIVATE_KEY }
          : undefined,
    };
    this.dynamodb = { table: values.DYNAMODB_TABLE, endpoint: values.DYNAMODB_ENDPOINT };
    this.awsRegion = values.AWS_REGION;
    this.modelsConfig = modelsConfig;
    this.access = {
      required: values.AUTH_REQUIRED,
      adminApiKey: values.ADMIN_API_KEY,
      rateLimitPerHour: values.RATE_LIMIT_PER_HOUR,
      oidc: values.OIDC_ISSUER
        ? { issuer: values.OIDC_ISSUER, audience: values.OIDC_AUDIENCE ?? '' }
        : undefined,
    };
    this.media = {
      sourceHosts: values.MEDIA_SOURCE_HOSTS,
      ffmpegPath: values.FFMPEG_PATH,
      ffprobePath: values.FFPROBE_PATH,
    };
    this.pollIntervalSeconds = values.POLL_INTERVAL_SECONDS;
    this.heartbeatFile = values.HEARTBEAT_FILE;
    this.plannedCrash = values.CRASH_POINT;
  }
}

/** Reads every variable from `env`; throws one SettingsError that lists all faults at once. */
export function readSettings(env: Environment = process.env): Settings {
  const faults: string[] = [];
  const values = parseAll(env, faults);
  faults.push(...contradictions(values));
  const modelsConfig = readModelsConfig(values, faults);
  if (faults.length > 0) throw new SettingsError(faults, modelsConfig);
  return new Settings(values as VariableValues, modelsConfig);
}

/**
 * Whether OpenTelemetry is to trace: it has to know before anything else is loaded. Wrong values count as no; reading all
 * variables tells of them.
 */
export function isTracingWanted(env: Environment = process.env): boolean {
  const faults: string[] = [];
  const disabled = parseOne(env, 'OTEL_SDK_DISABLED', faults);
  const exporter = parseOne(env, 'OTEL_TRACES_EXPORTER', faults);
  const endpoints = (['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const).map(
    (name) => parseOne(env, name, faults),
  );
  if (faults.length > 0 || disabled === true || exporter === 'none') return false;
  return exporter === 'otlp' || endpoints.some((endpoint) => endpoint !== undefined);
}

/** Reads one variable by itself, for commands that need no other. */
export function readVariable<N extends VariableName>(
  name: N,
  env: Environment = process.env,
): VariableValues[N] {
  const faults: string[] = [];
  const value = parseOne(env, name, faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return value as VariableValues[N];
}

function parseAll(env: Environment, faults: string[]): Partial<VariableValues> {
  const names = Object.keys(VARIABLES) as VariableName[];
  return Object.fromEntries(names.map((name) => [name, parseOne(env, name, faults)]));
}

function parseOne(env: Environment, name: VariableName, faults: string[]): unknown {
  const variable: Variable<unknown> = VARIABLES[name];
  const given = env[name]?.trim() || variable.default;
  if (given === undefined) {
    faults.push(`${name} is not set: ${variable.doc}`);
    return undefined;
  }
  try {
    return variable.parse(given);
  } catch (error) {
    faults.push(`${name} ${(error as Error).message}`);
    return undefined;
  }
}

function contradictions(values: Partial<VariableValues>): string[] {
  const faults: string[] = [];
  const local = values.STAGE === 'local';
  if (values.STAGE === 'prod' && values.AUTH_REQUIRED === false) {
    faults.push('AUTH_REQUIRED must not be false when STAGE is prod');
  }
  if (values.STAGE === 'prod' && values.CRASH_POINT) {
    faults.push('CRASH_POINT must not be set when STAGE is prod: it ends the process on purpose');
  }
  const signer = [values.CLOUDFRONT_KEY_PAIR_ID, values.CLOUDFRONT_PRIVATE_KEY];
  if (
    signer.some(Boolean) &&
    !(signer.every(Boolean) && values.MEDIA_URLS === 'signed' && values.S3_PUBLIC_BASE_URL)
  ) {
    faults.push(
      'CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY must be set together, with MEDIA_URLS=signed and the distribution as S3_PUBLIC_BASE_URL',
    );
  }
  if (values.OIDC_ISSUER && !values.OIDC_AUDIENCE) {
    faults.push('OIDC_AUDIENCE must be set with OIDC_ISSUER: tokens for others must not pass');
  }
  if (!local && values.OIDC_ISSUER?.startsWith('http:')) {
    faults.push('OIDC_ISSUER must start with https:// unless STAGE is local: its keys decide who is let in');
  }
  if (!local && values.WEBHOOK_BASE_URL?.startsWith('http:')) {
    faults.push('WEBHOOK_BASE_URL must start with https:// unless STAGE is local: Replicate calls no other');
  }
  if (!local && values.WEBHOOK_PRIVATE_HOSTS?.length) {
    faults.push('WEBHOOK_PRIVATE_HOSTS must not be set unless STAGE is local: it opens the inside to users');
  }
  if (!local && values.REPLICATE_BASE_URL?.startsWith('http:')) {
    faults.push('REPLICATE_BASE_URL must start with https:// unless STAGE is local: it carries the token');
  }
  return faults;
}

function readModelsConfig(values: Partial<VariableValues>, faults: string[]) {
  if (values.MODELS_CONFIG) return { text: values.MODELS_CONFIG, source: 'MODELS_CONFIG' };
  const source = values.MODELS_CONFIG_FILE ?? '';
  try {
    return { text: readFileSync(source, 'utf8'), source };
  } catch (error) {
    faults.push(`MODELS_CONFIG_FILE cannot be read: ${(error as Error).message}`);
    return { text: '', source };
  }
}
