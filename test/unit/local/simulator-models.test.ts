import { simulatorModels } from '../../../local/simulator-models.js';

describe('the registry handed to the simulator', () => {
  it('keeps what tells which models exist, and nothing else', () => {
    const registry = {
      image: {
        painter: { version: 'abc', pricing: 1, provider: { model: 'a/b' }, parameters: { prompt: {} } },
      },
    };
    expect(simulatorModels({ MODELS_CONFIG: JSON.stringify(registry) })).toEqual({
      image: { painter: { version: 'abc', provider: { model: 'a/b' } } },
    });
  });

  it('fits on a command line for the registry of the project', () => {
    expect(JSON.stringify(simulatorModels({})).length).toBeLessThan(64 * 1024);
  });

  it.each(['{', '"text"', 'null', '{"image": 3}'])('is no obstacle to a start when it reads %s', (text) => {
    expect(() => simulatorModels({ MODELS_CONFIG: text })).not.toThrow();
  });
});
