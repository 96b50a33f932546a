import { MediaAddresses } from '../../../src/storage/media-addresses.js';

const storedAt = new Date('2026-01-02T03:04:05.678Z');

it.each([
  [90, '2026-04-02T03:04:05.678Z'],
  [undefined, undefined],
])('what is stored moves to the archive after %s days', (archiveAfterDays, expected) => {
  const options = { bucket: 'media-bucket', region: 'us-east-1', urls: 'public' } as const;
  const addresses = new MediaAddresses({ ...options, archiveAfterDays });
  expect(addresses.archivesAt(storedAt)?.toISOString()).toBe(expected);
});
