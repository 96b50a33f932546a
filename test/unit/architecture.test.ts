import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const project = join(import.meta.dirname, '../..');

interface SampleFile {
  path: string;
  source: string;
}

const importing = (path: string, ...imports: string[]): SampleFile => ({
  path,
  source: imports.map((name) => `import '${name}';\n`).join('') + 'export {};\n',
});

const breaking = (rule: string, path: string, ...imports: string[]) => ({
  ...importing(path, ...imports),
  rule,
});

/** Files that break one rule each. */
const FORBIDDEN: (SampleFile & { rule: string })[] = [
  breaking('no-cycles', 'src/models/egg.ts', './hen.js'),
  { path: 'src/models/type-egg.ts', source: "import type {} from './type-hen.js';\n", rule: 'no-cycles' },
  breaking('no-barrels', 'src/media/uses-barrel.ts', './index.js'),
  breaking('no-drawers', 'src/media/uses-drawer.ts', './helpers/any.js'),
  breaking('no-drawers', 'local/uses-drawer.ts', './utils.js'),
  breaking('no-missing-files', 'src/media/uses-nothing.ts', './nowhere.js'),
  breaking('jobs-reach-up-by-message', 'src/jobs/reaches-up.ts', '../scripts/plain.js'),
  breaking('low-rooms-look-down', 'src/models/looks-up.ts', '../jobs/plain.js'),
  breaking('low-rooms-look-down', 'src/media/looks-up.ts', '../compilation/plain.js'),
  breaking('low-rooms-look-down', 'src/egress/looks-up.ts', '../webhooks/plain.js'),
  breaking('foundations-look-down', 'src/queue/looks-aside.ts', '../storage/plain.js'),
  breaking('foundations-look-down', 'src/storage/looks-up.ts', '../access/plain.js'),
  breaking('ground-looks-down', 'src/logging/looks-up.ts', '../queue/plain.js'),
  breaking('config-stands-alone', 'src/config/looks-up.ts', '../logging/plain.js'),
  breaking('errors-stand-alone', 'src/errors.ts', './config/plain.js'),
  breaking('errors-stand-alone', 'src/crash-points.ts', './logging/plain.js'),
  breaking('migrations-stand-alone', 'migrations/0001-uses-code.ts', '../src/plain.js'),
  breaking('product-knows-no-workshop', 'src/uses-stack.ts', '../local/plain.js'),
  breaking('stack-knows-no-test', 'local/uses-test.ts', '../test/plain.js'),
  breaking('doors-are-listed-by-the-roots', 'src/jobs/jobs.module.ts', './jobs.controller.js'),
  breaking('api-runs-no-processor', 'src/api.module.ts', './jobs/jobs.processor.js'),
  breaking('worker-serves-no-controller', 'src/worker.module.ts', './jobs/jobs.controller.js'),
  breaking('roots-are-started-not-imported', 'src/starts-itself.ts', './api.module.js'),
  breaking('rooms-speak-no-http', 'src/jobs/speaks-http.ts', 'fastify'),
  breaking('rooms-speak-no-http', 'src/jobs/speaks-nest-http.ts', '@nestjs/platform-fastify'),
  breaking('rooms-speak-no-http', 'src/jobs/knows-headers.ts', '../http/plain.js'),
  breaking('one-address-for-the-queue', 'src/jobs/uses-bullmq.ts', 'bullmq'),
  breaking('queue-decorators-stay-at-the-wire', 'src/jobs/decorates.ts', '@nestjs/bullmq'),
  breaking('one-address-for-redis', 'src/access/uses-redis.ts', 'ioredis'),
  breaking('one-address-for-postgres', 'src/jobs/connects.ts', 'pg'),
  breaking('one-address-for-aws', 'src/media/uses-s3.ts', '@aws-sdk/client-s3'),
  breaking('one-room-for-tokens', 'src/jobs/verifies.ts', 'jose'),
  breaking('one-file-for-open-telemetry', 'src/jobs/traces.ts', '@opentelemetry/api'),
  breaking('one-room-for-metrics', 'src/jobs/counts.ts', 'prom-client'),
  breaking('one-file-for-replicate', 'src/jobs/uses-replicate.ts', 'replicate'),
  breaking('one-file-for-svix', 'src/webhooks/uses-svix.ts', 'svix'),
  breaking('one-file-for-ffmpeg', 'src/media/runs-ffmpeg.ts', 'fluent-ffmpeg'),
  breaking('one-file-for-ffmpeg', 'src/compilation/spawns.ts', 'node:child_process'),
  breaking('one-room-for-pictures', 'src/jobs/draws.ts', 'sharp'),
  breaking('outside-calls-are-guarded', 'src/webhooks/calls-out.ts', 'undici'),
  breaking('product-runs-without-dev-packages', 'src/media/uses-tool.ts', 'tool'),
];

/** Files that do the same where it is their job. */
const ALLOWED: SampleFile[] = [
  ...[
    'src',
    'src/jobs',
    'src/scripts',
    'src/compilation',
    'src/webhooks',
    'src/access',
    'src/storage',
    'src/queue',
  ].map((room) => importing(`${room}/plain.ts`)),
  ...['src/config', 'src/logging', 'src/http', 'local', 'test'].map((room) => importing(`${room}/plain.ts`)),
  importing('src/config/knows-crash-points.ts', '../crash-points.js'),
  importing('src/media/index.ts'),
  importing('src/media/helpers/any.ts'),
  importing('local/utils.ts'),
  importing('src/jobs/jobs.controller.ts', 'fastify', '@nestjs/platform-fastify', '../http/plain.js'),
  importing('src/jobs/jobs.processor.ts', '@nestjs/bullmq'),
  importing('src/health/health.controller.ts', 'fastify'),
  importing('src/main.ts', './api.module.js', '@nestjs/platform-fastify'),
  importing(
    'src/queue/send.ts',
    'bullmq',
    '@nestjs/bullmq',
    'ioredis',
    '../config/plain.js',
    '../logging/plain.js',
  ),
  importing('src/storage/vendors.ts', 'pg', 'ioredis', '@aws-sdk/client-s3'),
  importing('src/models/replicate.provider.ts', 'replicate', 'undici'),
  importing('src/webhooks/signature.ts', 'svix'),
  importing('src/access/bearer-tokens.ts', 'jose'),
  importing('src/media/ffmpeg.ts', 'fluent-ffmpeg', 'node:child_process', 'sharp'),
  importing('src/media/download.ts', 'undici'),
  importing('src/egress/guarded-connector.ts', 'undici'),
  importing('src/webhooks/apply.ts', '../jobs/plain.js', '../storage/plain.js'),
  importing('local/tests-use-it.ts', '../src/plain.js', 'tool'),
  importing('test/uses-both.ts', '../src/plain.js', '../local/plain.js', 'bullmq'),
];

/** The other halves of cycles: of two files, and of two rooms no two of whose files need each other. */
const ENTANGLED: SampleFile[] = [
  importing('src/models/hen.ts', './egg.js'),
  { path: 'src/models/type-hen.ts', source: "import type {} from './type-egg.js';\n" },
  importing('src/scripts/one.ts', '../webhooks/two.js'),
  importing('src/webhooks/two.ts'),
  importing('src/webhooks/three.ts', '../scripts/four.js'),
  importing('src/scripts/four.ts'),
];

const PACKAGES = [
  '@aws-sdk/client-s3',
  '@nestjs/bullmq',
  '@opentelemetry/api',
  '@nestjs/platform-fastify',
  'bullmq',
  'fastify',
  'fluent-ffmpeg',
  'ioredis',
  'pg',
  'prom-client',
  'replicate',
  'sharp',
  'svix',
  'jose',
  'undici',
];

const names = (list: string[]) => Object.fromEntries(list.map((name) => [name, '1.0.0']));

async function write(root: string, path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function writePackage(root: string, name: string) {
  await write(
    root,
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  );
  await write(root, `node_modules/${name}/index.js`, 'module.exports = {};\n');
}

async function writeSampleTree(root: string) {
  for (const { path, source } of [...FORBIDDEN, ...ALLOWED, ...ENTANGLED]) await write(root, path, source);
  await Promise.all([...PACKAGES, 'tool'].map((name) => writePackage(root, name)));
  const manifest = { type: 'module', dependencies: names(PACKAGES), devDependencies: names(['tool']) };
  await write(root, 'package.json', JSON.stringify(manifest));
  await cp(join(project, 'tsconfig.json'), join(root, 'tsconfig.json'));
}

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}

/** Runs dependency-cruiser in a process of its own, as `npm run lint:architecture` does. */
async function violationsIn(root: string, folders: string[]): Promise<Violation[]> {
  const program = join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const rules = join(project, '.dependency-cruiser.cjs');
  const args = [program, ...folders, '--config', rules, '--output-type', 'json'];
  const text = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26, timeout: 60_000 }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error('dependency-cruiser printed nothing'));
      else resolve(stdout);
    });
  });
  return JSON.parse(text).summary.violations;
}

const FOLDERS = ['src', 'migrations', 'local', 'test'];

describe('the import rules', () => {
  let root: string;
  let found: Violation[];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'architecture-'));
    await writeSampleTree(root);
    found = await violationsIn(root, FOLDERS);
  }, 60_000);

  afterAll(() => rm(root, { recursive: true, force: true }));

  const rulesBrokenBy = (path: string) => [
    ...new Set(found.filter(({ from }) => from === path).map(({ rule }) => rule.name)),
  ];

  it.each(FORBIDDEN)('report $rule, and nothing else, in $path', ({ path, rule }) => {
    expect(rulesBrokenBy(path)).toEqual([rule]);
  });

  it.each(ALLOWED)('have nothing against $path', ({ path }) => {
    expect(rulesBrokenBy(path)).toEqual([]);
  });

  it('report two rooms that import each other', () => {
    const entangled = found
      .filter(({ rule }) => rule.name === 'rooms-import-one-way')
      .map(({ from, to }) => [from, to]);
    expect(entangled).toEqual(
      expect.arrayContaining([
        ['src/scripts', 'src/webhooks'],
        ['src/webhooks', 'src/scripts'],
      ]),
    );
  });

  it('are each broken at least once here', () => {
    const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>(
      '../../.dependency-cruiser.cjs',
    );
    const broken = new Set(found.map(({ rule }) => rule.name));
    expect(forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
  });

  it('are kept by this project', async () => {
    expect(await violationsIn(project, FOLDERS)).toEqual([]);
  }, 60_000);
});
