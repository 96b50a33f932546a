import fc from 'fast-check';
import { loadRegistry, RegistryError } from '../../../src/models/registry.js';
import { planGeneration } from '../../../src/models/plan-generation.js';
import { issuesOf, registry, registryText } from './registry-file.js';

function faultsOf(text: string): string[] {
  try {
    loadRegistry(text, 'test.json');
  } catch (error) {
    if (error instanceof RegistryError) return error.faults;
    throw error;
  }
  return [];
}

/** The faults of a registry of one full entry, changed by `change`. */
function faultsWith(change: Record<string, unknown>): string[] {
  const entry = {
    version: 'owner/clip',
    description: 'A model of the test.',
    pricing: {
      unit: 'second',
      currency: 'USD',
      rates: [
        { by: { size: ['small'] }, amount: 0.1 },
        { by: { size: ['large'] }, amount: 0.2 },
      ],
    },
    estimatedTime: 10,
    length: { seconds: 'duration' },
    parameters: {
      prompt: { description: 'What.', type: 'string' },
      size: { description: 'How large.', type: 'string', enum: ['small', 'large'] },
      duration: { description: 'How long.', type: 'integer', minimum: 1, maximum: 9 },
    },
    required: ['prompt'],
    defaults: { size: 'small', duration: 5 },
    provider: { model: 'owner/clip', kind: 'official' },
    ...change,
  };
  return faultsOf(JSON.stringify({ video: { clip: entry } }));
}

const plain = (extra: Record<string, unknown> = {}) =>
  JSON.stringify({
    image: {
      'my-model': {
        version: 'abc123',
        pricing: 0.05,
        estimatedTime: 60,
        supportedParams: ['width', 'style'],
        defaults: { width: 512 },
        ...extra,
      },
    },
  });

describe('the checked-in registry', () => {
  it('has the nine models of the contract', () => {
    expect(
      registry.list().map((model) => `${model.mediaType} ${model.modelId} ${model.estimatedTimeSeconds}`),
    ).toEqual([
      'image flux-schnell 5',
      'image sdxl 10',
      'image nano-banana 15',
      'video stability-video 60',
      'video wan-2.5-t2v 30',
      'video wan-2.5-t2v-fast 15',
      'video veo-3.1 40',
      'video veo-3.1-fast 20',
      'audio musicgen 30',
    ]);
  });

  it('lists the models of one media type', () => {
    expect(registry.list('audio').map((model) => model.modelId)).toEqual(['musicgen']);
  });

  it('finds nothing under an unknown name, not even one that every object has', () => {
    expect(registry.find('constructor')).toBeUndefined();
    expect(registry.find('__proto__')).toBeUndefined();
  });

  it('describes every parameter', () => {
    const silent = registry
      .list()
      .flatMap((model) =>
        Object.entries(model.parameters.properties).filter(([, schema]) => !schema.description),
      );
    expect(silent).toEqual([]);
  });

  it('shows each default in the schema of its parameter', () => {
    for (const model of registry.list()) {
      for (const [name, value] of Object.entries(model.defaults)) {
        expect(model.parameters.properties[name]).toMatchObject({ default: value });
      }
    }
  });

  it('gives the source and the date of every price', () => {
    const document = JSON.parse(registryText) as Record<
      string,
      Record<string, { pricing: object; providerPrice?: object }>
    >;
    const entries = ['image', 'video', 'audio'].flatMap((mediaType) => Object.values(document[mediaType]!));
    const prices = entries.flatMap((entry) => [
      entry.pricing,
      ...(entry.providerPrice ? [entry.providerPrice] : []),
    ]);
    expect(prices.length).toBeGreaterThanOrEqual(9);
    for (const price of prices) {
      expect(price).toMatchObject({
        source: expect.any(String),
        checkedAt: expect.any(String),
        confidence: expect.any(String),
      });
    }
  });
});

describe('an entry in the plain form', () => {
  const plan = (text: string, parameters: object, prompt?: string) =>
    planGeneration(loadRegistry(text, 'test.json'), {
      mediaType: 'image',
      modelId: 'my-model',
      prompt,
      parameters,
    });

  it('passes its parameters on as they come, with defaults, at a flat price', () => {
    expect(plan(plain(), { style: { name: 'oil' } }, 'a boat')).toMatchObject({
      parameters: { width: 512, style: { name: 'oil' }, prompt: 'a boat' },
      providerInput: { width: 512, style: { name: 'oil' }, prompt: 'a boat' },
      estimatedCost: '0.05',
      estimatedTimeSeconds: 60,
      breakdown: { unit: 'generation', unitPrice: 0.05, quantity: 1, by: {} },
      warnings: [],
    });
  });

  it('does not need a prompt', () => {
    expect(plan(plain(), {}).providerInput).toEqual({ width: 512 });
  });

  it('refuses a parameter that it does not list', () => {
    expect(issuesOf(() => plan(plain(), { widht: 5 }))).toEqual([
      { path: 'parameters.widht', message: 'widht is not a parameter of my-model; did you mean "width"?' },
    ]);
  });

  it.each([
    ['abc123', { kind: 'community', model: null, version: 'abc123' }],
    ['owner/name', { kind: 'official', model: 'owner/name', version: null }],
    ['owner/name:abc123', { kind: 'community', model: 'owner/name', version: 'abc123' }],
  ])('with version %s runs %o', (version, provider) => {
    expect(plan(plain({ version }), {}).provider).toEqual(provider);
  });

  it('may name a parameter like something that every object has', () => {
    const text = plain({ supportedParams: ['constructor', 'width'] });
    expect(plan(text, { constructor: 1 }).providerInput).toEqual({ constructor: 1, width: 512 });
  });

  it('needs neither parameters nor defaults', () => {
    expect(plan(plain({ supportedParams: undefined, defaults: undefined }), {}, 'x').providerInput).toEqual({
      prompt: 'x',
    });
  });

  it('is refused when a default is not among its parameters', () => {
    expect(faultsOf(plain({ defaults: { height: 5 } }))).toEqual([
      'my-model: defaults: height is not a parameter of my-model; it takes prompt, width, style',
    ]);
  });
});

describe('a broken registry', () => {
  it.each<[string, string, string]>([
    ['text that is not JSON', '{"image": ', 'it is not valid JSON'],
    ['another kind of value', '[]', 'the registry: must be object'],
    ['no model at all', '{}', 'it has no model'],
    ['an unknown media type', '{"hologram": {}}', 'the registry: "hologram" is not known here'],
    ['an entry without its parts', '{"image": {"x": {}}}', 'image.x: "version" is missing'],
    ['a negative price', plain({ pricing: -1 }), 'image.my-model.pricing'],
    ['a price in words', plain({ pricing: 'cheap' }), 'image.my-model.pricing'],
    ['an unknown field', plain({ prise: 1 }), 'image.my-model: "prise" is not known here'],
    [
      'a parameter with an unusable name',
      plain({ supportedParams: ['__proto__'] }),
      'image.my-model.supportedParams.0',
    ],
    [
      'a successor that does not exist',
      plain({ successor: 'gone' }),
      'my-model: successor "gone" is not in the registry',
    ],
    ['a date that is none', plain({ deprecatedAt: 'soon' }), 'image.my-model.deprecatedAt'],
  ])('with %s is refused', (_, text, fault) => {
    expect(faultsOf(text)).toContainEqual(expect.stringContaining(fault));
  });

  it('with one modelId under two media types is refused', () => {
    const entry = { version: 'v', pricing: 1, estimatedTime: 1 };
    expect(faultsOf(JSON.stringify({ image: { twin: entry }, video: { twin: entry } }))).toEqual([
      'twin: the same modelId stands under several media types',
    ]);
  });

  const size = { required: ['size'] };
  const rate = (sizes: string[], amount = 1) => ({ by: { size: sizes }, amount });
  const perSecond = (...rates: object[]) => ({ pricing: { unit: 'second', currency: 'USD', rates } });
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a default that its schema refuses',
      { defaults: { size: 'huge', duration: 5 } },
      'clip: defaults: size must be one of "small", "large" (got "huge")',
    ],
    [
      'a schema that does not compile',
      { parameters: { prompt: { description: 'x', type: 'strnig' } } },
      'clip: parameters.prompt is not a usable JSON Schema',
    ],
    [
      'a condition that is no schema',
      { rules: [{ at: 'size', when: { required: 5 }, must: size, message: 'm' }] },
      'clip: rules[0].when is not a usable JSON Schema',
    ],
    [
      'a misspelt keyword',
      { parameters: { prompt: { description: 'x', type: 'string', maxLenght: 5 } } },
      'clip: parameters.prompt is not a usable JSON Schema',
    ],
    [
      'a parameter without description',
      { parameters: { prompt: { type: 'string' } } },
      'video.clip.parameters.prompt: "description" is missing',
    ],
    [
      'a rule without message',
      { rules: [{ at: 'size', when: size, must: size }] },
      'video.clip.rules.0: "message" is missing',
    ],
    [
      'a rule with an empty message',
      { rules: [{ at: 'size', when: size, must: size, message: '' }] },
      'video.clip.rules.0.message',
    ],
    [
      'a rule at an unknown parameter',
      { rules: [{ at: 'seize', when: size, must: size, message: 'm' }] },
      'clip: rules[0].at names "seize", which is no parameter',
    ],
    [
      'a rule about an unknown parameter',
      { rules: [{ at: 'size', when: { anyOf: [{ not: { required: ['x'] } }] }, must: size, message: 'm' }] },
      'clip: rules[0].when names "x", which is no parameter',
    ],
    [
      'a warning about an unknown parameter',
      { warnings: [{ when: { properties: { x: { const: 1 } } }, message: 'm' }] },
      'clip: warnings[0].when names "x", which is no parameter',
    ],
    [
      'a required parameter that does not exist',
      { required: ['y'] },
      'clip: required names "y", which is no parameter',
    ],
    ['a value without a rate', perSecond(rate(['small'])), 'clip: pricing has no rate for {"size":"large"}'],
    [
      'a value with two rates',
      perSecond(rate(['small', 'large']), rate(['large'])),
      'clip: pricing has several rates for {"size":"large"}',
    ],
    [
      'a rate for a value that does not exist',
      perSecond(rate(['small', 'large', 'vast'])),
      'clip: pricing has a rate for size "vast", which is no value of it',
    ],
    [
      'a price by an unknown parameter',
      perSecond({ by: { colour: ['red'] }, amount: 1 }),
      'clip: pricing depends on "colour", which is no parameter',
    ],
    [
      'a price by a parameter without a list of values',
      perSecond({ by: { duration: [5] }, amount: 1 }),
      'clip: pricing depends on duration, which has no list of values (it is an integer from 1 to 9)',
    ],
    [
      'a price by a parameter that may be missing',
      { defaults: { duration: 5 } },
      'clip: pricing depends on size, which needs a default',
    ],
    [
      'a price per second without a length',
      { length: undefined },
      'clip: pricing is per second, but length.seconds does not say',
    ],
    [
      'a length that is no parameter',
      { length: { seconds: 'time' } },
      'clip: length names "time", which is no parameter',
    ],
    [
      'a length that may be missing',
      { defaults: { size: 'small' } },
      'clip: length depends on duration, which needs a default',
    ],
    [
      'a number of outputs that is no parameter',
      { outputs: 'copies' },
      'clip: outputs names "copies", which is no parameter',
    ],
    [
      'two parameters with one target',
      { provider: { model: 'o/c', kind: 'official', input: { size: { to: 'duration' } } } },
      'clip: provider: the input "duration" is set by several parameters',
    ],
    [
      'a fixed input that a parameter sets',
      { provider: { model: 'o/c', kind: 'official', fixed: { size: 1 } } },
      'clip: provider: the input "size" is set by several parameters',
    ],
    [
      'a mapping of an unknown parameter',
      { provider: { model: 'o/c', kind: 'official', input: { fps: { to: 'rate' } } } },
      'clip: provider.input names "fps", which is no parameter',
    ],
    [
      'a value map with a gap',
      { provider: { model: 'o/c', kind: 'official', input: { size: { to: 'area', map: { small: 1 } } } } },
      'clip: provider.input.size.map has nothing for "large"',
    ],
    [
      'a community route without version',
      {
        provider: {
          model: 'o/c',
          kind: 'official',
          routes: [{ when: size, model: 'o/d', kind: 'community', message: 'm' }],
        },
      },
      'clip: provider: o/d is a community model and needs a version',
    ],
    [
      'a provider name that is none',
      { provider: { model: 'clip', kind: 'official' } },
      'video.clip.provider.model',
    ],
  ])('with %s is refused', (_, change, fault) => {
    expect(faultsWith(change)).toContainEqual(expect.stringContaining(fault));
  });

  it('accepts the entry that those faults were made from', () => {
    expect(faultsWith({})).toEqual([]);
  });

  it('tells all faults of all entries in one message', () => {
    const text = JSON.stringify({
      image: { a: { version: 'v', pricing: 1, estimatedTime: 1, defaults: { q: 1 } } },
      video: { b: { version: 'v', pricing: 1, estimatedTime: 1, successor: 'c', defaults: { r: 1 } } },
    });
    expect(() => loadRegistry(text, 'test.json')).toThrow(
      [
        'The model registry (test.json) cannot be used:',
        '- b: successor "c" is not in the registry',
        '- a: defaults: q is not a parameter of a; it takes prompt',
        '- b: defaults: r is not a parameter of b; it takes prompt',
      ].join('\n'),
    );
  });

  it('tells faults of shape and of sense together', () => {
    const flat = { version: 'v', pricing: 1, estimatedTime: 1 };
    const text = JSON.stringify({
      image: {
        one: { ...flat, pricing: -1, defaults: { q: 1 } },
        two: {
          ...flat,
          successor: 'one',
          estimatedTime: 'long',
          supportedParams: ['a b'],
          defaults: { r: 1 },
        },
        three: { ...flat, successor: 'gone' },
        four: 5,
        five: {},
        'no name': { ...flat, defaults: { s: 1 } },
      },
      audio: { one: flat },
      hologram: {},
    });
    expect(faultsOf(text).sort()).toEqual(
      [
        'the registry: "hologram" is not known here',
        'image: must match pattern "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"',
        'image: "no name" is not a valid name',
        'image.one.pricing: must be >= 0',
        'image.two.estimatedTime: must be number',
        'image.two.supportedParams.0: must match pattern "^[A-Za-z][A-Za-z0-9_]{0,63}$"',
        'image.four: must be object',
        'image.five: "version" is missing',
        'image.five: "pricing" is missing',
        'image.five: "estimatedTime" is missing',
        'one: the same modelId stands under several media types',
        'three: successor "gone" is not in the registry',
        'one: defaults: q is not a parameter of one; it takes prompt',
        'two: defaults: r is not a parameter of two; it takes prompt, a b',
        'no name: defaults: s is not a parameter of no name; it takes prompt',
      ].sort(),
    );
  });

  const badDefault = 'clip: defaults: size must be one of "small", "large" (got "huge")';
  const defaults = { size: 'huge', duration: 5 };
  it.each<[string, Record<string, unknown>, string[]]>([
    ['a missing provider', { provider: undefined }, ['video.clip: "provider" is missing']],
    ['a missing version', { version: undefined }, ['video.clip: "version" is missing']],
    [
      'a description of nothing',
      { description: '' },
      ['video.clip.description: must NOT have fewer than 1 characters'],
    ],
    ['a length in words', { length: 'long' }, ['video.clip.length: must be object']],
    ['a list of outputs', { outputs: [] }, ['video.clip.outputs: must be string']],
    [
      'a rule without message, about nothing',
      { rules: [{ at: 'x', when: {}, must: {} }] },
      ['video.clip.rules.0: "message" is missing', 'clip: rules[0].at names "x", which is no parameter'],
    ],
  ])('does not hide a wrong default behind %s, nor follow it up', (_, change, faults) => {
    expect(faultsWith({ ...change, defaults }).sort()).toEqual([...faults, badDefault].sort());
  });

  it('does not hide a wrong default behind a parameter without description', () => {
    const faults = faultsWith({
      parameters: {
        prompt: { type: 'string' },
        size: { description: 'How large.', type: 'string', enum: ['small', 'large'] },
        duration: { description: 'How long.', type: 'integer', minimum: 1, maximum: 9 },
      },
      defaults,
    });
    expect(faults).toEqual(['video.clip.parameters.prompt: "description" is missing', badDefault]);
  });

  it.each([{ parameters: 5 }, { parameters: { prompt: 5 } }])(
    'of the parameters %j is told once',
    (change) => {
      expect(faultsWith({ ...change, defaults })).toHaveLength(1);
    },
  );

  it('of any shape is refused in words', () => {
    const fields = ['defaults', 'parameters', 'supportedParams', 'rules', 'length', 'provider', 'required'];
    const key = fc.constantFrom(...fields, 'version', 'pricing', 'outputs', 'at', 'when', '__proto__', 'x');
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 5, '', 'x', true),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      ),
    }));
    const entry = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 6 });
    const rest = { version: 'v', description: 'd', pricing: 1, estimatedTime: 1 };
    const provider = { model: 'o/c', kind: 'official' };
    const broken = { version: 'v', pricing: 'x' };
    fc.assert(
      fc.property(tree, entry, (any, part) => {
        const full = { ...rest, parameters: {}, provider, ...part };
        const text = JSON.stringify({ image: { any, plain: { ...rest, ...part }, full, broken } });
        expect(faultsOf(text)).toContain('image.broken: "estimatedTime" is missing');
      }),
      { numRuns: 300 },
    );
  });
});
