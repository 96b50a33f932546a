import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRegistry } from '../../../src/models/registry.js';
import { registry } from './registry-file.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/models.md'), 'utf8');

describe('docs/models.md', () => {
  it('shows entries that load', () => {
    const entries = [...page.matchAll(/```json\n("[^]*?)```/g)].map(([, entry]) => entry!);
    expect(entries).toHaveLength(2);
    const loaded = loadRegistry(`{"video": {${entries.join(',')}}}`, 'docs/models.md');
    expect(loaded.list().map((model) => model.modelId)).toEqual(['my-model', 'my-clip']);
  });

  it.each(registry.list())('tells every parameter, rule and warning of $modelId', (model) => {
    const section = page.split(`### ${model.modelId}\n`)[1]!.split('\n### ')[0];
    for (const name of Object.keys(model.parameters.properties)) expect(section).toContain(`| \`${name}\` |`);
    for (const { message } of [...model.rules, ...model.warnings]) expect(section).toContain(message);
  });
});
