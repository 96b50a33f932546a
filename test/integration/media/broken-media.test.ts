import { createServer } from 'node:http';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derive } from '../../../src/media/derive.js';
import { AppError } from '../../../src/errors.js';
import { ffmpegRunner, sample } from './sample-media.js';

jest.setTimeout(120_000);

const BROKEN_FILES = 24;
const SEED = 20_250_808;
const kind = { extension: 'mp4', contentType: 'video/mp4', demuxer: 'mov' };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-test-broken-'));
});

afterEach(() => rm(directory, { recursive: true }));

/** Derives from the bytes in a folder of their own; gives the error's code, or `whole`. */
async function outcomeOf(bytes: Buffer, name: string): Promise<string> {
  const folder = join(directory, name);
  await mkdir(folder);
  const path = join(folder, 'original');
  await writeFile(path, bytes);
  const { signal } = new AbortController();
  return derive(ffmpegRunner(), { mediaType: 'video', path, kind, directory: folder, signal }).then(
    () => 'whole',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

/** Numbers from 0 to 1 that are the same each time (a linear congruence of Numerical Recipes). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

const tinyFilm = () =>
  sample(
    'tiny.mp4',
    ...['-f', 'lavfi', '-i', 'testsrc=s=96x64:r=12:d=1', '-f', 'lavfi', '-i', 'sine=d=1'],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart'],
  );

describe('a film with flipped bits', () => {
  it('is whole or invalid, reaches no network and writes nowhere else', async () => {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const film = await tinyFilm();
    const random = numbersFrom(SEED);
    const outcomes = new Set<string>();
    for (let file = 0; file < BROKEN_FILES; file++) {
      const broken = Buffer.from(film);
      // Half of them in the index, where a bit decides over lengths, offsets and names.
      const span = file % 2 === 0 ? 1_200 : broken.length;
      for (let flip = 0; flip <= file % 8; flip++) {
        const at = Math.floor(random() * span);
        broken[at] = broken[at]! ^ (1 << Math.floor(random() * 8));
      }
      if (file % 5 === 0) broken.write(address, Math.floor(random() * span), 'latin1');
      outcomes.add(await outcomeOf(broken, `flipped-${file}`));
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect([...outcomes].sort()).toEqual(['output_invalid', 'whole']);
    expect(calls).toBe(0);
    expect((await readdir(directory)).every((name) => name.startsWith('flipped-'))).toBe(true);
  });
});

describe('a film', () => {
  it('whose pictures are too large to hold is invalid', async () => {
    const bomb = await sample(
      'bomb.mov',
      ...['-f', 'lavfi', '-i', 'color=s=10000x8000:r=1:d=1', '-pix_fmt', 'monob', '-c:v', 'png'],
    );
    expect(bomb.length).toBeLessThan(200_000);
    expect(await outcomeOf(bomb, 'bomb')).toBe('output_invalid');
  });

  it('that is a list of other files under its name is invalid', async () => {
    await writeFile(join(directory, 'beside.mp4'), await tinyFilm());
    const list = Buffer.from("ffconcat version 1.0\nfile '../beside.mp4'\n");
    expect(await outcomeOf(list, 'list')).toBe('output_invalid');
  });

  it('that is a playlist under its name is invalid', async () => {
    const playlist = Buffer.from(
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n../beside.mp4\n#EXT-X-ENDLIST\n',
    );
    expect(await outcomeOf(playlist, 'playlist')).toBe('output_invalid');
  });
});
