import { agree, stackEnvironment, type Addresses, type Environment } from '../../../local/environment.js';

const local = {
  accessKeyId: 'LOCALKEY',
  secretAccessKey: 'local-secret',
  replicateToken: 'local-token',
  webhookSecret: 'whsec_bG9jYWw=',
};
const ffmpeg = { ffmpegPath: '/bin/ffmpeg', ffprobePath: '/bin/ffprobe' };

function environment(env: Environment, addresses: Addresses = {}) {
  return stackEnvironment(env, agree(env, local), addresses, ffmpeg);
}

describe('the variables of the local stack', () => {
  it('are complete without any given ones', () => {
    const addresses = {
      postgres: 'postgres://app@127.0.0.1:1/db',
      redis: 'redis://127.0.0.1:2',
      dynamodb: 'http://127.0.0.1:3',
      s3: 'http://127.0.0.1:4',
      replicate: 'http://127.0.0.1:5/v1',
    };
    expect(environment({}, addresses)).toEqual({
      STAGE: 'local',
      AUTH_REQUIRED: 'false',
      RATE_LIMIT_PER_HOUR: '1000000',
      HOST: '127.0.0.1',
      DATABASE_URL: 'postgres://app@127.0.0.1:1/db',
      REDIS_URL: 'redis://127.0.0.1:2',
      REDIS_CACHE_URL: 'redis://127.0.0.1:2',
      DYNAMODB_ENDPOINT: 'http://127.0.0.1:3',
      DYNAMODB_TABLE: 'vsl-media-jobs',
      S3_ENDPOINT: 'http://127.0.0.1:4',
      S3_BUCKET: 'vsl-media',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'LOCALKEY',
      AWS_SECRET_ACCESS_KEY: 'local-secret',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      REPLICATE_BASE_URL: 'http://127.0.0.1:5/v1',
      REPLICATE_API_TOKEN: 'local-token',
      REPLICATE_WEBHOOK_SECRET: 'whsec_bG9jYWw=',
      MEDIA_SOURCE_HOSTS: 'replicate.delivery,*.replicate.delivery,127.0.0.1',
      WEBHOOK_PRIVATE_HOSTS: 'localhost,127.0.0.1',
      FFMPEG_PATH: '/bin/ffmpeg',
      FFPROBE_PATH: '/bin/ffprobe',
    });
  });

  it.each([
    ['STAGE', 'dev'],
    ['AUTH_REQUIRED', 'true'],
    ['HOST', '0.0.0.0'],
    ['REDIS_CACHE_URL', 'redis://cache.example'],
    ['S3_BUCKET', 'my-bucket'],
    ['DYNAMODB_TABLE', 'my-table'],
    ['AWS_REGION', 'eu-west-1'],
    ['REPLICATE_API_TOKEN', 'my-token'],
    ['REPLICATE_WEBHOOK_SECRET', 'whsec_bWluZQ=='],
  ])('keep a given %s', (name, value) => {
    expect(environment({ [name]: value }, { redis: 'redis://127.0.0.1:2' })[name]).toBe(value);
  });

  it('take an empty variable for an absent one', () => {
    expect(environment({ S3_BUCKET: '', REPLICATE_API_TOKEN: '' })).toMatchObject({
      S3_BUCKET: 'vsl-media',
      REPLICATE_API_TOKEN: 'local-token',
    });
  });

  it('take AWS keys only as a pair, with their session token', () => {
    const pair = { AWS_ACCESS_KEY_ID: 'MINE', AWS_SECRET_ACCESS_KEY: 'mine' };
    expect(environment({ ...pair, AWS_SESSION_TOKEN: 'token' })).toMatchObject(pair);
    expect(environment({ ...pair, AWS_SESSION_TOKEN: 'token' })).not.toHaveProperty('AWS_SESSION_TOKEN');
    expect(environment({ AWS_ACCESS_KEY_ID: 'MINE', AWS_SESSION_TOKEN: 'token' })).toMatchObject({
      AWS_ACCESS_KEY_ID: 'LOCALKEY',
      AWS_SESSION_TOKEN: '',
    });
  });

  it('add the host of Replicate’s API to given source hosts', () => {
    const env = { MEDIA_SOURCE_HOSTS: 'cdn.example' };
    const addresses = { replicate: 'https://proxy.example/v1' };
    expect(environment(env, addresses).MEDIA_SOURCE_HOSTS).toBe('cdn.example,proxy.example');
  });
});
