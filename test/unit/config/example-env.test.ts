import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { VARIABLES, type Variable } from '../../../src/config/variables.js';

const example = parseEnv(readFileSync(join(import.meta.dirname, '../../../config/example.env'), 'utf8'));
const variables: [string, Variable<unknown>][] = Object.entries(VARIABLES);

describe('config/example.env', () => {
  it('lists every variable and no other', () => {
    expect(Object.keys(example).sort()).toEqual(variables.map(([name]) => name).sort());
  });

  it.each(variables)('gives the default of %s', (name, variable) => {
    expect(example[name]).toBe(variable.default ?? '');
  });
});
