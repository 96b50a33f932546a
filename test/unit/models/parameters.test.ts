import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { planGeneration } from '../../../src/models/plan-generation.js';
import { loadRegistry } from '../../../src/models/registry.js';
import { plausibleParameters } from './arbitrary-parameters.js';
import { issuesOf, planFor, registry } from './registry-file.js';

const models = registry.list();
const image = 'https://example.com/a.png';
const urlFault = 'an https URL of at most 2048 characters without user name or password';

describe('a parameter', () => {
  it.each<[string, string, unknown, string]>([
    ['flux-schnell', 'num_outputs', 5, 'num_outputs must be an integer from 1 to 4 (got 5)'],
    ['flux-schnell', 'num_outputs', '2', 'num_outputs must be an integer from 1 to 4 (got "2")'],
    ['flux-schnell', 'num_outputs', 1.5, 'num_outputs must be an integer from 1 to 4 (got 1.5)'],
    ['flux-schnell', 'megapixels', 1, 'megapixels must be one of "1", "0.25" (got 1)'],
    ['flux-schnell', 'go_fast', 'true', 'go_fast must be true or false (got "true")'],
    ['flux-schnell', 'output_format', 'gif', 'output_format must be one of "webp", "jpg", "png" (got "gif")'],
    ['sdxl', 'width', 1001, 'width must be an integer from 128 to 2048 that is a multiple of 8 (got 1001)'],
    ['sdxl', 'guidance_scale', 0.5, 'guidance_scale must be a number from 1 to 50 (got 0.5)'],
    ['sdxl', 'seed', 2147483648, 'seed must be an integer from 0 to 2147483647 (got 2147483648)'],
    ['sdxl', 'seed', -1, 'seed must be an integer from 0 to 2147483647 (got -1)'],
    ['sdxl', 'seed', null, 'seed must be an integer from 0 to 2147483647 (got null)'],
    ['stability-video', 'num_frames', 20, 'num_frames must be one of 14, 25 (got 20)'],
    ['stability-video', 'fps', 31, 'fps must be an integer from 5 to 30 (got 31)'],
    ['stability-video', 'motion_bucket_id', 0, 'motion_bucket_id must be an integer from 1 to 255 (got 0)'],
    ['wan-2.5-t2v', 'duration', '5', 'duration must be one of 5, 10 (got "5")'],
    ['veo-3.1', 'duration', 5, 'duration must be one of 4, 6, 8 (got 5)'],
    ['musicgen', 'duration', 31, 'duration must be an integer from 1 to 30 (got 31)'],
    ['musicgen', 'output_format', 'ogg', 'output_format must be one of "mp3", "wav" (got "ogg")'],
  ])('of %s: %s cannot be %p', (modelId, name, value, message) => {
    const needed = modelId === 'stability-video' ? { image } : {};
    expect(issuesOf(() => planFor(modelId, { ...needed, [name]: value }))).toEqual([
      { path: `parameters.${name}`, message },
    ]);
  });

  it.each([
    ['plain http', 'http://example.com/a.png'],
    ['no URL', 'a.png'],
    ['embedded data', 'data:image/png;base64,AAAA'],
    ['a user name', 'https://me@example.com/a.png'],
    ['a password', 'https://me:secret@example.com/a.png'],
    ['more than 2048 characters', `https://example.com/${'a'.repeat(2040)}`],
    ['a space', 'https://example.com/a b.png'],
    ['a backslash', 'https://example.com\\@evil.example/a.png'],
    ['no host', 'https://'],
  ])('that is a file cannot be a URL with %s', (_, url) => {
    const [issue] = issuesOf(() => planFor('stability-video', { image: url }));
    expect(issue).toEqual({ path: 'parameters.image', message: `image must be ${urlFault}` });
  });

  it('may be a file URL with a port, a query and 2048 characters', () => {
    const url = `https://example.com:8443/a.png?signature=%2B`.padEnd(2048, 'x');
    expect(planFor('stability-video', { image: url }).providerInput).toMatchObject({ input_image: url });
  });

  it('that is a list tells each entry at fault by its place', () => {
    const faults = issuesOf(() => planFor('nano-banana', { image_input: [image, 'ftp://x', 5] }));
    expect(faults.map((issue) => issue.path)).toEqual([
      'parameters.image_input[1]',
      'parameters.image_input[2]',
    ]);
  });

  it.each([
    ['nano-banana', 'image_input', 10],
    ['veo-3.1', 'reference_images', 3],
  ])('of %s: %s may hold %i URLs, not one more', (modelId, name, most) => {
    const urls = Array<string>(most).fill(image);
    expect(planFor(modelId, { [name]: urls }).parameters[name]).toHaveLength(most);
    expect(issuesOf(() => planFor(modelId, { [name]: [...urls, image] }))).toEqual([
      {
        path: `parameters.${name}`,
        message: `${name} must be a list of at most ${most} values, each ${urlFault}`,
      },
    ]);
  });

  it.each([
    ['nano-banana', 'seed', 1],
    ['nano-banana', 'width', 512],
    ['nano-banana', 'height', 512],
    ['nano-banana', 'num_outputs', 2],
    ['veo-3.1-fast', 'reference_images', [image]],
    ['flux-schnell', 'disable_safety_checker', true],
    ['stability-video', 'frames_per_second', 6],
  ])('unknown to %s is refused: %s', (modelId, name, value) => {
    const paths = issuesOf(() => planFor(modelId, { [name]: value })).map((issue) => issue.path);
    expect(paths).toContain(`parameters.${name}`);
  });

  it('misspelt gets the name that was meant', () => {
    expect(issuesOf(() => planFor('veo-3.1', { aspectRatio: '16:9' }))).toEqual([
      {
        path: 'parameters.aspectRatio',
        message: 'aspectRatio is not a parameter of veo-3.1; did you mean "aspect_ratio"?',
      },
    ]);
  });
});

describe('any input', () => {
  it('with an unknown key is refused by that name', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.json(),
        (model, key, json) => {
          fc.pre(key !== 'prompt' && !Object.hasOwn(model.parameters.properties, key));
          const parameters = Object.fromEntries([[key, JSON.parse(json) as unknown]]);
          const paths = issuesOf(() => planFor(model.modelId, parameters)).map((issue) => issue.path);
          expect(paths).toContain(`parameters.${key}`);
        },
      ),
    );
  });

  it('is either planned or refused with issues, never met with another error', () => {
    const names = fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      ...new Set(models.flatMap((model) => Object.keys(model.parameters.properties))),
    );
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>({ toString: 1, valueOf: 1 }, [[]], [null], '\ud800', '\u0000', 1e308, -0),
    );
    const parameters = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.tuple(names, odd), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
      ...models.map(plausibleParameters),
    );
    const ids = fc.oneof(fc.constantFrom(...models.map((model) => model.modelId)), fc.string());
    fc.assert(
      fc.property(
        fc.constantFrom('image', 'video', 'audio', 'x'),
        ids,
        odd,
        parameters,
        (mediaType, modelId, prompt, given) => {
          let refused: unknown;
          try {
            planGeneration(registry, { mediaType, modelId, prompt, parameters: given });
          } catch (error) {
            refused = error;
          }
          if (refused !== undefined) {
            expect(refused).toBeInstanceOf(AppError);
            expect((refused as AppError).issues.length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('nested without end is refused without exhausting the stack', () => {
    const plain = loadRegistry(
      JSON.stringify({
        image: { m: { version: 'v', pricing: 1, estimatedTime: 1, supportedParams: ['tree'] } },
      }),
      'test.json',
    );
    const tree: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    const attempt = (modelId: string, name: string, from = plain) =>
      issuesOf(() =>
        planGeneration(from, { mediaType: 'image', modelId, prompt: 'p', parameters: { [name]: tree } }),
      );
    expect(attempt('m', 'tree')).toEqual([
      { path: 'parameters.tree', message: 'tree must not be nested deeper than 8 levels' },
    ]);
    expect(attempt('sdxl', 'width', registry).map((issue) => issue.path)).toEqual(['parameters.width']);
  });
});
