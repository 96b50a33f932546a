/**
 * Which file may import which. Rooms import downward:
 * roots → jobs, scripts, compilation, webhooks → models, media, money, access, outbox, egress → queue, storage → config,
 * logging, metrics, schedule, tracing, errors.ts. test/unit/architecture.test.ts breaks each rule on purpose.
 */

const ROOTS = '^src/(api|worker)[.]module[.]ts$';
const STARTERS =
  '^src/(main|worker|run-api|run-worker|migrate|openapi|write-openapi|prepare-api|serve-queues|start-process|status-lane)[.]ts$';
const DOORS = '[.](controller|decorator|guard|filter|interceptor|dto|request)[.]ts$';
/** Files below every room. */
const GROUND = '^src/(errors|crash-points)[.]ts$';
const PROVIDER = '^src/models/replicate[.]provider[.]ts$';

/** An installed package of exactly this name. */
const installed = (name) => `(^|/)node_modules/${name}/`;

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Under src/, only the files matching `allowed` may import the packages matching `path`. */
const oneAddress = (name, comment, allowed, path) =>
  forbid(name, comment, { path: '^src/', pathNot: allowed }, { path });

const shape = [
  forbid(
    'no-cycles',
    'A cycle is a missing room, and ES modules crash on it at import.',
    {},
    { circular: true },
  ),
  {
    name: 'rooms-import-one-way',
    comment: 'Two rooms that need each other are one room, or miss a third.',
    severity: 'error',
    scope: 'folder',
    from: { path: '^src/[^/]+$' },
    to: { circular: true, path: '^src/[^/]+$' },
  },
  forbid(
    'no-barrels',
    'Barrels hide cycles: import the file itself.',
    {},
    { path: '/index[.]ts$', pathNot: 'node_modules/' },
  ),
  forbid(
    'no-drawers',
    'Name the room after what it knows.',
    {},
    { path: '(^|/)(util|utils|helper|helpers|common|shared|core)(/|[.]ts$)', pathNot: 'node_modules/' },
  ),
  forbid('no-missing-files', 'This import resolves to nothing.', {}, { couldNotResolve: true }),
];

const ranks = [
  forbid(
    'jobs-reach-up-by-message',
    'The rooms above jobs hear of it through the queue.',
    { path: '^src/jobs/' },
    { path: '^src/(scripts|compilation|webhooks)/' },
  ),
  forbid(
    'low-rooms-look-down',
    'The second rank knows no job.',
    { path: '^src/(models|media|money|access|outbox|dead-letters|egress)/' },
    { path: '^src/(jobs|scripts|compilation|webhooks)/' },
  ),
  forbid(
    'foundations-look-down',
    'Queue and storage know no room, nor each other.',
    { path: '^src/(queue|storage)/' },
    { path: '^src/', pathNot: ['^src/($1|config|logging|metrics|schedule|tracing)/', GROUND] },
  ),
  forbid(
    'ground-looks-down',
    'Logging, metrics, schedules and traces know settings and errors only.',
    { path: '^src/(logging|metrics|schedule|tracing)/' },
    { path: '^src/', pathNot: ['^src/($1|config|logging)/', GROUND] },
  ),
  forbid(
    'config-stands-alone',
    'Settings depend on nothing.',
    { path: '^src/config/' },
    { path: '^src/', pathNot: ['^src/config/', GROUND] },
  ),
  forbid(
    'errors-stand-alone',
    'Everyone imports errors.ts and crash-points.ts, so they import no one.',
    { path: GROUND },
    { path: '^src/' },
  ),
  forbid(
    'migrations-stand-alone',
    'An old migration must not change with the code.',
    { path: '^migrations/' },
    { path: '^(src|local|test)/' },
  ),
  forbid(
    'product-knows-no-workshop',
    'What ships runs without the embedded stack and the tests.',
    { path: '^src/' },
    { path: '^(local|test)/' },
  ),
  forbid(
    'stack-knows-no-test',
    'Tests use the stack, not the reverse.',
    { path: '^local/' },
    { path: '^test/' },
  ),
];

const doors = [
  forbid(
    'doors-are-listed-by-the-roots',
    'Only the two root modules say what a process answers to.',
    { path: '^src/', pathNot: ROOTS },
    { path: '[.](controller|processor)[.]ts$' },
  ),
  forbid(
    'api-runs-no-processor',
    'Otherwise the API consumes the queue.',
    { path: '^src/api[.]module[.]ts$' },
    { path: '[.]processor[.]ts$' },
  ),
  forbid(
    'worker-serves-no-controller',
    'The worker has no public door but its health.',
    { path: '^src/worker[.]module[.]ts$' },
    { path: '[.]controller[.]ts$', pathNot: '^src/health/' },
  ),
  forbid(
    'roots-are-started-not-imported',
    'Only a process starts a root.',
    { path: '^src/', pathNot: STARTERS },
    { path: ROOTS },
  ),
  forbid(
    'rooms-speak-no-http',
    'Status codes and headers belong to doors.',
    { path: '^src/', pathNot: [DOORS, ROOTS, STARTERS, '^src/(http|health)/'] },
    { path: ['^src/http/', installed('(@?fastify|express|@nestjs/(swagger|platform-[^/]+))')] },
  ),
];

const vendors = [
  oneAddress('one-address-for-the-queue', 'BullMQ lives in queue/.', '^src/queue/', [
    installed('bullmq'),
    installed('@bull-board/[^/]+'),
  ]),
  oneAddress(
    'queue-decorators-stay-at-the-wire',
    '@nestjs/bullmq decorates processors and sets up queue/.',
    ['^src/queue/', '[.]processor[.]ts$', ROOTS],
    installed('@nestjs/bullmq'),
  ),
  oneAddress(
    'one-address-for-redis',
    'Redis lives in storage/ and queue/.',
    '^src/(storage|queue)/',
    installed('ioredis'),
  ),
  oneAddress('one-address-for-postgres', 'Connections live in storage/.', '^src/storage/', installed('pg')),
  oneAddress(
    'one-address-for-aws',
    'The AWS SDK lives in storage/.',
    '^src/storage/',
    installed('@(aws-sdk|smithy)/[^/]+'),
  ),
  oneAddress(
    'one-room-for-tokens',
    'Bearer tokens are verified in access/ only.',
    '^src/access/',
    installed('(jose|jsonwebtoken)'),
  ),
  oneAddress(
    'one-file-for-open-telemetry',
    'One file knows OpenTelemetry, and is loaded only where traces are wanted.',
    '^src/tracing/open-telemetry[.]ts$',
    installed('@opentelemetry/[^/]+'),
  ),
  oneAddress(
    'one-room-for-metrics',
    'Metrics are counted in metrics/.',
    '^src/metrics/',
    installed('prom-client'),
  ),
  oneAddress('one-file-for-replicate', 'One file knows Replicate.', PROVIDER, installed('replicate')),
  oneAddress(
    'one-file-for-svix',
    'One file knows Svix.',
    '^src/webhooks/signature[.]ts$',
    installed('(svix|standardwebhooks)'),
  ),
  oneAddress('one-file-for-ffmpeg', 'One file starts processes.', '^src/media/ffmpeg[.]ts$', [
    '^(node:)?child_process$',
    installed('fluent-ffmpeg'),
  ]),
  oneAddress(
    'one-room-for-pictures',
    'sharp decodes hostile pictures in media/ only.',
    '^src/media/',
    installed('sharp'),
  ),
  oneAddress(
    'outside-calls-are-guarded',
    'Egress and downloads check addresses, the provider limits itself; nobody else calls out.',
    ['^src/egress/', '^src/media/(download|source-)[^/]*[.]ts$', '^src/models/replicate[.-][^/]*[.]ts$'],
    installed('(undici|axios|got|ky|node-fetch|superagent)'),
  ),
  forbid(
    'product-runs-without-dev-packages',
    'The image has no devDependencies.',
    { path: '^src/' },
    {
      dependencyTypes: ['npm-dev', 'npm-no-pkg'],
      dependencyTypesNot: ['type-only'],
      pathNot: installed('@types/[^/]+'),
    },
  ),
];

module.exports = {
  forbidden: [...shape, ...ranks, ...doors, ...vendors],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    // Without it type-only imports are not seen.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
