import fc from 'fast-check';
import {
  mediaPrefix,
  metadataKey,
  originalKey,
  previewKey,
  thumbnailKey,
  waveformKey,
} from '../../../src/media/object-keys.js';

const place = (createdAt: string) =>
  mediaPrefix({
    mediaType: 'video',
    userId: 'ana@example.com',
    createdAt: new Date(createdAt),
    jobId: 'job-1',
  });

describe('the folder of a job', () => {
  it.each([
    ['2026-03-09T23:59:59.999Z', 'video/ana@example.com/2026/03/09/job-1'],
    ['2026-03-09T23:59:59.999-05:00', 'video/ana@example.com/2026/03/10/job-1'],
    ['2026-12-31T23:30:00+02:00', 'video/ana@example.com/2026/12/31/job-1'],
    ['2027-01-01T00:30:00+02:00', 'video/ana@example.com/2026/12/31/job-1'],
  ])('of %s is dated in UTC', (createdAt, prefix) => {
    expect(place(createdAt)).toBe(prefix);
  });
});

describe('the keys of a job', () => {
  it('are plain for the first output and numbered for the others', () => {
    const keys = (index: number) => [
      originalKey('p', index, 'mp4'),
      thumbnailKey('p', index),
      previewKey('p', index),
      waveformKey('p', index),
    ];
    expect(keys(0)).toEqual(['p/original.mp4', 'p/thumbnail.jpg', 'p/preview.gif', 'p/waveform.png']);
    expect(keys(1)).toEqual(['p/original-2.mp4', 'p/thumbnail-2.jpg', 'p/preview-2.gif', 'p/waveform-2.png']);
    expect(metadataKey('p')).toBe('p/metadata.json');
  });

  it('never meet, whatever the outputs', () => {
    const index = fc.nat(20);
    fc.assert(
      fc.property(index, index, (one, other) => {
        fc.pre(one !== other);
        expect(originalKey('p', one, 'png')).not.toBe(originalKey('p', other, 'png'));
        expect(thumbnailKey('p', one)).not.toBe(thumbnailKey('p', other));
      }),
    );
  });
});
