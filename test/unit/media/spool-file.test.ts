import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpoolFile } from '../../../src/media/spool-file.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-test-spool-'));
});

afterAll(() => rm(directory, { recursive: true }));

let files = 0;
const newPath = () => join(directory, String(files++));

describe('a spooled file', () => {
  it('holds the blocks it was given, in their order', async () => {
    const path = newPath();
    const blocks = [262_144, 1, 0, 100_000].map((length) => randomBytes(length));
    const file = await SpoolFile.create(path);
    for (const block of blocks) await file.write(block);
    await file.end();
    expect((await readFile(path)).equals(Buffer.concat(blocks))).toBe(true);
  });

  it('is never written over another', async () => {
    const path = newPath();
    await writeFile(path, 'already there');
    await expect(SpoolFile.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('that is abandoned keeps what was on its way, and is closed', async () => {
    const path = newPath();
    const file = await SpoolFile.create(path);
    await file.write(Buffer.alloc(262_144, 1));
    await file.abandon();
    expect((await readFile(path)).length).toBe(262_144);
    await file.write(Buffer.alloc(1));
    await expect(file.end()).rejects.toMatchObject({ code: 'EBADF' });
  });
});
