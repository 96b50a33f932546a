import { Test } from '@nestjs/testing';
import { Module } from '@nestjs/common';
import { Settings } from '../../../src/config/settings.js';
import { ModelsModule } from '../../../src/models/models.module.js';
import { ModelRegistry } from '../../../src/models/registry.js';
import { registryText } from './registry-file.js';

/** Starts the room with the given registry; the settings hold nothing else. */
async function start(text: string) {
  const settings = { modelsConfig: { text, source: 'MODELS_CONFIG' } };
  @Module({ providers: [{ provide: Settings, useValue: settings }], exports: [Settings] })
  class SomeSettings {}
  return Test.createTestingModule({
    imports: [{ module: SomeSettings, global: true }, ModelsModule],
  }).compile();
}

describe('the models room', () => {
  it('provides the registry that the settings hold', async () => {
    const room = await start(registryText);
    expect(room.get(ModelRegistry).find('veo-3.1')?.mediaType).toBe('video');
  });

  it('does not start with a broken registry, and says all that is wrong', async () => {
    const broken = '{"image": {"a": {"version": "v"}}, "film": {}}';
    await expect(start(broken)).rejects.toThrow(
      /MODELS_CONFIG(.|\n)*"film" is not known here(.|\n)*image\.a: "pricing" is missing(.|\n)*"estimatedTime" is missing/,
    );
  });
});
