import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileKind, MediaType } from '../../../src/media/content-type.js';
import { derive } from '../../../src/media/derive.js';
import { FfmpegRunner } from '../../../src/media/ffmpeg.js';
import { MediaIngest } from '../../../src/media/ingest.js';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';
import { ffmpegRunner, film, picture, programs, sound } from './sample-media.js';
import { startSourceServer } from './source-server.js';
import { startStoredMedia, whileWanted } from './stored-media.js';

jest.setTimeout(60_000);

const mp4: FileKind = { extension: 'mp4', contentType: 'video/mp4', demuxer: 'mov' };
const wav: FileKind = { extension: 'wav', contentType: 'audio/wav', demuxer: 'wav' };
const png: FileKind = { extension: 'png', contentType: 'image/png' };

const itsOwnFault = { code: 'storage_failed', retryable: true };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-test-local-'));
});

afterEach(() => rm(directory, { recursive: true }));

describe('a disk that takes no more while', () => {
  const cases: [string, MediaType, FileKind, () => Promise<Buffer>][] = [
    ['thumbnail.jpg', 'video', mp4, () => film('film.mp4')],
    ['preview.gif', 'video', mp4, () => film('film.mp4')],
    ['waveform.png', 'audio', wav, () => sound('sound.wav')],
    ['thumbnail.jpg', 'image', png, () => picture('picture.png')],
  ];

  describe.each([
    ['full', '/dev/full'],
    ['gone', '/nowhere/at/all'],
  ])('it is %s and', (_how, target) => {
    it.each(cases)('%s of a %s is written is no fault of the media', async (piece, mediaType, kind, make) => {
      const path = join(directory, 'original');
      await writeFile(path, await make());
      await symlink(target, join(directory, piece));
      const { signal } = new AbortController();
      await expect(
        derive(ffmpegRunner(), { mediaType, path, kind, directory, signal }),
      ).rejects.toMatchObject(itsOwnFault);
    });
  });
});

describe('an output whose pieces could not be written', () => {
  it('keeps its original in the store for the next attempt', async () => {
    const [media, source] = await Promise.all([startStoredMedia(), startSourceServer()]);
    const full = join(directory, 'full');
    await writeFile(full, '#!/bin/sh\necho "preview.gif: No space left on device" >&2\nexit 1\n');
    await chmod(full, 0o755);
    const runner = new FfmpegRunner({ ...programs, ffmpegPath: full });
    const options = { source: { hosts: [source.host], allowPrivateSources: true } };
    const ingest = new MediaIngest(media.store, runner, new TemporaryFolders(directory), options);
    const url = source.serve('/film', await film('film.mp4'));
    await expect(ingest.ingest(aVideo(), [url], new AbortController().signal)).rejects.toMatchObject(
      itsOwnFault,
    );
    expect(await media.keys()).toEqual([expect.stringMatching(/\/original\.mp4$/)]);
    await ingest.close();
    await Promise.all([media.close(), source.close()]);
  });

  it('is tried again when there is no room for its folder', async () => {
    const folders = new TemporaryFolders(join(directory, 'nowhere'));
    await expect(folders.make()).rejects.toMatchObject(itsOwnFault);
  });
});

function aVideo() {
  const mediaType = 'video' as const;
  return { jobId: randomUUID(), userId: 'u', mediaType, createdAt: new Date(0), facts: {}, whileWanted };
}
