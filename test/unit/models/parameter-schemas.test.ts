import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { isHttpsUrl } from '../../../src/models/json-schema.js';
import { openApiSchemas } from '../../../src/models/parameter-schemas.js';
import { ruleIssues } from '../../../src/models/rules.js';
import { plausibleParameters } from './arbitrary-parameters.js';
import { registry } from './registry-file.js';

const ajv = new Ajv2020({ strict: false, logger: false });
const schemas = Object.values(openApiSchemas(registry));

it.each(registry.list().map((model, index) => [model.modelId, model, schemas[index]!] as const))(
  'the documented parameters of %s keep the rules between them, as the defaults stand',
  (_modelId, model, schema) => {
    const accepts = ajv.compile(schema);
    fc.assert(
      fc.property(plausibleParameters(model), (parameters) => {
        const broken = ruleIssues(model, { ...model.defaults, ...parameters }, new Set());
        expect(accepts(parameters)).toBe(broken.length === 0);
      }),
      { numRuns: 300 },
    );
  },
);

it('documented URLs are those that are taken', () => {
  const musicgen = registry.list().findIndex(({ modelId }) => modelId === 'musicgen');
  const accepts = ajv.compile(schemas[musicgen]!);
  const urls = [
    'https://a.example/b?c@d',
    'http://a.example',
    'https://u:p@a.example',
    'https://',
    'ftp://a',
    'https://a b',
  ];
  for (const url of urls) expect([url, accepts({ input_audio: url })]).toEqual([url, isHttpsUrl(url)]);
});
