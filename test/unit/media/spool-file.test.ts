import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SpoolFile } from '../../../src/media/spool-file.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-test-spool-'));
});

afterAll(() => rm(directory, { recursive: true }));

let files = 0;
const newPath = () => join(directory, String(files++));

describe('a spooled file', () => {
  it('holds the chunks it was given, whatever their sizes', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(300_000), fc.constantFrom(0, 1, 262_143, 262_144, 262_145)), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const [path, chunks] = [newPath(), lengths.map((length) => randomBytes(length))];
        const file = await SpoolFile.create(path);
        for (const chunk of chunks) {
          const given = Buffer.from(chunk);
          await file.write(given);
          given.fill(0);
        }
        await file.end();
        expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 40 },
    );
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
    await expect(file.end()).rejects.toMatchObject({ code: 'EBADF' });
  });
});
