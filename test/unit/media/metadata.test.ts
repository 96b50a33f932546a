import { metadataDocument, recordedOutputs } from '../../../src/media/metadata.js';
import type { IngestRequest, StoredOutput } from '../../../src/media/stored-output.js';

const request: IngestRequest = {
  jobId: 'job-1',
  userId: 'ana',
  mediaType: 'image',
  createdAt: new Date('2026-03-09T10:00:00Z'),
  facts: { modelId: 'flux-schnell', jobId: 'a fact cannot rename the job' },
  whileWanted: () => Promise.resolve(false),
};
const sources = ['https://replicate.delivery/a?token=secret', 'https://replicate.delivery/b'];
const outputs: StoredOutput[] = sources.map((_source, index) => ({
  index,
  objectKey: `key-${index}`,
  bytes: 10,
  contentType: 'image/png',
  sha256: 'abc',
  signature: null,
}));
const document = metadataDocument(request, sources, outputs);

describe('the metadata document', () => {
  it('says whose files they are, and every fact it was given', () => {
    expect(JSON.parse(document)).toMatchObject({
      jobId: 'job-1',
      userId: 'ana',
      mediaType: 'image',
      createdAt: '2026-03-09T10:00:00.000Z',
      modelId: 'flux-schnell',
      outputs,
    });
  });

  it('does not tell where the files came from', () => {
    expect(document).not.toMatch(/replicate\.delivery|secret/);
  });

  it('gives back the outputs it recorded', () => {
    expect(recordedOutputs(document, request, sources)).toEqual(outputs);
  });

  it.each<[string, string | null, IngestRequest, string[]]>([
    ['is not there', null, request, sources],
    ['is no JSON', '{', request, sources],
    ['is no object', '[]', request, sources],
    ['is of another shape', document.replace('"schema": 1', '"schema": 2'), request, sources],
    ['is of another job', document, { ...request, jobId: 'job-2' }, sources],
    ['came from other sources', document, request, [sources[0] ?? '', 'https://replicate.delivery/c']],
    ['came from the same sources in another order', document, request, [...sources].reverse()],
    ['came from fewer sources', document, request, sources.slice(0, 1)],
  ])('records nothing when it %s', (_why, text, asked, from) => {
    expect(recordedOutputs(text, asked, from)).toBeNull();
  });
});
