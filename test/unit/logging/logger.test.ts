import { Logger } from '../../../src/logging/logger.js';
import { NestLogger } from '../../../src/logging/nest-logger.js';

type Line = Record<string, unknown>;

function recording(level = 'debug') {
  const printed: string[] = [];
  const logger = new Logger(level, { write: (line) => printed.push(line) });
  return { logger, printed, lines: () => printed.map((line) => JSON.parse(line) as Line) };
}

describe('a log line', () => {
  it('is one JSON object with the time, the level, the action and its fields', () => {
    const { logger, printed, lines } = recording();
    logger.info('job-transition', {
      requestId: 'r1',
      jobId: 'j1',
      userId: 'u1',
      mediaType: 'image',
      modelId: 'flux-schnell',
      durationMs: 12,
    });
    expect(printed[0]!.match(/\n/g)).toHaveLength(1);
    const { timestamp, ...line } = lines()[0]!;
    expect(line).toEqual({
      level: 'info',
      action: 'job-transition',
      requestId: 'r1',
      jobId: 'j1',
      userId: 'u1',
      mediaType: 'image',
      modelId: 'flux-schnell',
      duration: 12,
    });
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('cannot be faked from within a field', () => {
    const { logger, printed } = recording();
    logger.info('request', { path: '/a"}\n{"level":"fatal"' });
    expect(printed).toHaveLength(1);
    expect(printed[0]!.trimEnd()).not.toContain('\n');
  });

  it('leaves out fields that are undefined', () => {
    const { logger, lines } = recording();
    logger.warn('a', { jobId: undefined, durationMs: undefined });
    expect(Object.keys(lines()[0]!).sort()).toEqual(['action', 'level', 'timestamp']);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ])('at level %s shows %j', (level, shown) => {
    const { logger, lines } = recording(level);
    logger.debug('a');
    logger.info('a');
    logger.warn('a');
    logger.error('a', new Error('b'));
    expect(lines().map((line) => line.level)).toEqual(shown);
  });
});

describe('an error in the log', () => {
  it('is told with its stack and its causes', () => {
    const { logger, lines } = recording();
    const error = new Error('outer', { cause: new Error('inner', { cause: 'innermost' }) });
    logger.error('store-outputs', error, { jobId: 'j1' });
    expect(lines()[0]).toMatchObject({ level: 'error', action: 'store-outputs', jobId: 'j1' });
    expect(lines()[0]!.error).toMatch(/^Error: outer\n[^]*logger\.test[^]* ← Error: inner[^]* ← innermost$/);
  });

  it.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [Object.create(null), 'something that has no text'],
  ])('may be anything thrown: %j', (thrown, told) => {
    const { logger, lines } = recording();
    logger.error('a', thrown);
    expect(lines()[0]!.error).toBe(told);
  });

  it('that is its own cause is told to an end', () => {
    const { logger, lines } = recording();
    const [outer, inner] = [new Error('outer'), new Error('inner')];
    Object.assign(outer, { cause: inner });
    Object.assign(inner, { cause: outer });
    logger.error('a', outer);
    expect(lines()[0]!.error).toMatch(/^Error: outer[^]* ← Error: inner[^]* ← …$/);
  });

  it('does not tell what else an error carries, which may be a secret', () => {
    const { logger, printed } = recording();
    const request = { headers: { authorization: 'Bearer canary-41' } };
    const error = Object.assign(new Error('failed'), {
      request,
      parameters: ['canary-41'],
      config: { password: 'canary-41' },
    });
    logger.error('a', new Error('outer', { cause: error }));
    expect(printed.join('')).toContain('failed');
    expect(printed.join('')).not.toContain('canary-41');
  });
});

describe('the framework’s own words', () => {
  it('leave an error that ends the start to the one who ends it', () => {
    const { logger, printed } = recording();
    new NestLogger(logger).error(new Error('no registry'), 'ExceptionHandler');
    expect(printed).toEqual([]);
  });

  it('are log lines, its chatter at debug', () => {
    const { logger, lines } = recording();
    const nest = new NestLogger(logger);
    nest.log('started', 'NestFactory');
    nest.warn('odd', 'Router');
    nest.error('broken', 'stack', 'Router');
    nest.fatal('dead', 'Router');
    expect(lines().map(({ level, context }) => [level, context])).toEqual([
      ['debug', 'NestFactory'],
      ['warn', 'Router'],
      ['error', 'Router'],
      ['error', 'Router'],
    ]);
    expect(lines()[2]).toMatchObject({ action: 'framework', error: 'broken' });
  });
});
