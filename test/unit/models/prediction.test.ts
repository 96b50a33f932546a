import fc from 'fast-check';
import { readPrediction } from '../../../src/models/prediction.js';

/** The example of Replicate's documentation. */
const documented = {
  id: 'gm3qorzdhgbfurvjtvhg6dckhu',
  model: 'replicate/hello-world',
  version: '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa',
  input: { text: 'Alice' },
  logs: '',
  output: 'hello Alice',
  error: null,
  status: 'succeeded',
  created_at: '2023-09-08T16:19:34.765994657Z',
  source: 'api',
  data_removed: false,
  metrics: { predict_time: 0.012683 },
  urls: { get: 'https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu' },
};

describe('a prediction', () => {
  it('is read from the documented example', () => {
    expect(readPrediction(documented)).toEqual({
      id: 'gm3qorzdhgbfurvjtvhg6dckhu',
      status: 'succeeded',
      model: 'replicate/hello-world',
      input: { text: 'Alice' },
      outputs: ['hello Alice'],
      error: null,
      metrics: { predict_time: 0.012683 },
      webhook: null,
      dataRemoved: false,
    });
  });

  it.each(['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted'])('may be %s', (status) => {
    expect(readPrediction({ ...documented, status })?.status).toBe(status);
  });

  it.each(['successful', 'Succeeded', 'queued', '', 5, null, undefined, ['succeeded']])(
    'is none with the status %j',
    (status) => {
      expect(readPrediction({ ...documented, status })).toBeUndefined();
    },
  );

  it.each([[''], [5], [null], [undefined], [['p1']], ['x'.repeat(201)]])('is none with the id %j', (id) => {
    expect(readPrediction({ ...documented, id })).toBeUndefined();
  });

  it.each([[null], [undefined], [''], ['<html>'], [5], [true], [[]], [[documented]], [{}]])(
    'is not seen in %j',
    (body) => {
      expect(readPrediction(body)).toBeUndefined();
    },
  );

  it.each([
    ['one URL', 'https://a/1', ['https://a/1']],
    ['a list', ['https://a/1', 'https://a/2'], ['https://a/1', 'https://a/2']],
    ['a list with gaps', ['https://a/1', null, '', 5, {}, ['x']], ['https://a/1']],
    ['nothing', null, []],
    ['no key', undefined, []],
    ['an empty text', '', []],
    ['an empty list', [], []],
    ['an object', { video: 'https://a/1' }, []],
  ])('has the outputs of %s', (_what, output, outputs) => {
    expect(readPrediction({ ...documented, output })?.outputs).toEqual(outputs);
  });

  it.each([
    ['error', { error: { code: 1 } }, { error: null }],
    ['error, empty', { error: '' }, { error: null }],
    ['metrics', { metrics: [1] }, { metrics: {} }],
    ['metrics, absent', { metrics: undefined }, { metrics: {} }],
    ['model', { model: 5 }, { model: null }],
    ['webhook', { webhook: {} }, { webhook: null }],
    ['data_removed', { data_removed: 'true' }, { dataRemoved: false }],
    ['data_removed, true', { data_removed: true }, { dataRemoved: true }],
  ])('is read in spite of an odd %s', (_what, change, read) => {
    expect(readPrediction({ ...documented, ...change })).toMatchObject(read);
  });

  it('is read or not from any JSON, without an exception', () => {
    const nearly = fc.record(
      {
        id: fc.oneof(fc.string(), fc.jsonValue()),
        status: fc.oneof(fc.constantFrom('succeeded', 'failed'), fc.jsonValue()),
        output: fc.jsonValue(),
        error: fc.jsonValue(),
        metrics: fc.jsonValue(),
        webhook: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearly), (body) => {
        const prediction = readPrediction(body);
        if (!prediction) return;
        expect(prediction.id.length).toBeGreaterThan(0);
        expect(prediction.outputs.every((url) => typeof url === 'string' && url !== '')).toBe(true);
        expect(prediction.error === null || typeof prediction.error === 'string').toBe(true);
        expect(Array.isArray(prediction.metrics)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
