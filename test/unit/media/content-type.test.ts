import fc from 'fast-check';
import type { AppError } from '../../../src/errors.js';
import { sniffKind } from '../../../src/media/content-type.js';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );

const PNG = bytes(
  [0x89],
  'PNG\r\n',
  [0x1a, 0x0a, 0, 0, 0, 13],
  'IHDR',
  [0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  'IDAT',
);
const ftyp = (brand: string) => bytes([0, 0, 0, 24], 'ftyp', brand, [0, 0, 2, 0], brand, 'isom');

describe('the kind of a file', () => {
  it.each([
    ['image', PNG, 'png', 'image/png', undefined],
    ['image', bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF'), 'jpg', 'image/jpeg', undefined],
    ['image', bytes('RIFF', [26, 0, 0, 0], 'WEBPVP8L'), 'webp', 'image/webp', undefined],
    ['video', ftyp('isom'), 'mp4', 'video/mp4', 'mov'],
    ['video', ftyp('M4V '), 'mp4', 'video/mp4', 'mov'],
    ['video', ftyp('qt  '), 'mov', 'video/quicktime', 'mov'],
    ['audio', ftyp('M4A '), 'm4a', 'audio/mp4', 'mov'],
    ['audio', bytes('RIFF', [36, 0, 0, 0], 'WAVEfmt '), 'wav', 'audio/wav', 'wav'],
    ['audio', bytes('fLaC', [0, 0, 0, 34]), 'flac', 'audio/flac', 'flac'],
    ['audio', bytes('ID3', [4, 0, 0, 0, 0, 16, 0], 'x'.repeat(64)), 'mp3', 'audio/mpeg', 'mp3'],
  ] as const)(
    'of a job for %s is told by its content: %#',
    async (mediaType, head, extension, contentType, demuxer) => {
      expect(await sniffKind(mediaType, head)).toEqual({
        extension,
        contentType,
        ...(demuxer && { demuxer }),
      });
    },
  );

  it.each([
    ['image', ftyp('isom'), /video\/mp4; image jobs store png, jpg, webp$/],
    ['image', bytes('GIF89a'), /image\/gif/],
    ['image', ftyp('avif'), /image\/avif/],
    ['video', PNG, /image\/png; video jobs store mp4, webm, mov$/],
    ['audio', PNG, /image\/png; audio jobs store mp3, wav, ogg, flac, m4a, aac$/],
    ['image', bytes('<!doctype html><html>'), /no known media type/],
    ['image', bytes('<svg xmlns="http://www.w3.org/2000/svg">'), /no known media type/],
    ['image', bytes('<?xml version="1.0"?><svg>'), /application\/xml/],
    ['video', bytes('#EXTM3U\n'), /no known media type/],
    ['video', bytes(''), /no known media type/],
  ] as const)(
    'of a job for %s is refused when it is none of its kinds: %#',
    async (mediaType, head, message) => {
      await expect(sniffKind(mediaType, head)).rejects.toMatchObject({
        code: 'output_invalid',
        retryable: false,
        message: expect.stringMatching(message),
      });
    },
  );

  it('is a kind or a refusal for any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('image', 'video', 'audio'),
        fc.uint8Array({ maxLength: 300 }),
        async (mediaType, head) => {
          const outcome = await sniffKind(mediaType, head).catch(
            (error: unknown) => (error as AppError).code,
          );
          expect(typeof outcome === 'string' ? outcome : outcome.contentType).toMatch(
            new RegExp(`^(output_invalid|${mediaType}/.+)$`),
          );
        },
      ),
    );
  });
});
