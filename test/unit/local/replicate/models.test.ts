import { ModelCatalogue } from '../../../../local/replicate/models.js';
import type { Settings } from '../../../../local/replicate/options.js';
import { defaultSettings } from '../../../../local/replicate/options.js';

const hash = 'ab'.repeat(32);
const sdxlHash = '7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc';
const catalogue = (registry?: unknown, settings: Partial<Settings> = {}) =>
  new ModelCatalogue(registry, () => ({ ...defaultSettings, ...settings }));

describe('the version of a create', () => {
  it.each([
    ['google/veo-3.1', 'google/veo-3.1'],
    [sdxlHash, 'stability-ai/sdxl'],
    [`stability-ai/sdxl:${sdxlHash}`, 'stability-ai/sdxl'],
    ['6f841a1987e137930daaffaec0a4b384d36633652358308d7ae06fc6606859a1', 'wan-video/wan-2.5-t2v-fast'],
    ['stability-ai/sdxl', undefined],
    [`google/veo-3.1:${sdxlHash}`, undefined],
    ['nobody/nothing', undefined],
    ['', undefined],
  ])('%s runs %s', (version, name) => {
    expect(catalogue().byVersion(version)?.name).toBe(name);
  });

  it('may be the name of a community model that is switched to official', () => {
    const switched = catalogue(undefined, { kinds: { 'stability-ai/sdxl': 'official' } });
    expect(switched.byVersion('stability-ai/sdxl')?.version).toBe(sdxlHash);
  });
});

describe('a registry', () => {
  it.each([
    ['a version alone', { version: hash }, hash, 'registry/mine', 'community'],
    ['a version that is no hash', { version: 'v7' }, 'v7', 'registry/mine', 'community'],
    ['a name', { version: 'acme/mine' }, 'acme/mine', 'acme/mine', 'official'],
    [
      'a name with its version',
      { version: `acme/mine:${hash}` },
      `acme/mine:${hash}`,
      'acme/mine',
      'community',
    ],
    [
      'a provider',
      { version: 'latest', provider: { model: 'acme/mine', kind: 'official' } },
      'acme/mine',
      'acme/mine',
      'official',
    ],
    [
      'a provider version',
      { provider: { model: 'acme/mine', version: hash } },
      hash,
      'acme/mine',
      'community',
    ],
    [
      'a route',
      { version: 'v1', provider: { routes: [{ model: 'acme/mine', kind: 'official' }] } },
      'acme/mine',
      'acme/mine',
      'official',
    ],
  ])('adds the model that %s names', (_name, entry, version, name, kind) => {
    const found = catalogue({ video: { mine: entry } }).byVersion(version);
    expect(found).toMatchObject({ name, kind, media: 'video' });
    expect(found).not.toHaveProperty('input');
  });

  it('adds only a version to a model that is known', () => {
    const found = catalogue({ image: { sdxl: { version: hash, provider: { model: 'stability-ai/sdxl' } } } });
    expect(found.byVersion(hash)).toMatchObject({
      name: 'stability-ai/sdxl',
      kind: 'community',
      version: sdxlHash,
    });
    expect(found.byVersion(hash)?.input?.properties).toHaveProperty('refine');
    expect(found.all()).toHaveLength(9);
  });

  it.each([null, 'text', { video: null }, { video: { mine: null } }, { video: { mine: {} } }])(
    'that is %j adds nothing',
    (registry) => {
      expect(catalogue(registry).all()).toHaveLength(9);
    },
  );
});
