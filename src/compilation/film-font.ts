import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const WELL_KNOWN = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/TTF/DejaVuSans.ttf',
  '/usr/share/fonts/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
  '/System/Library/Fonts/Supplemental/Arial.ttf',
  '/Library/Fonts/Arial.ttf',
  'C:\\Windows\\Fonts\\arial.ttf',
];
const FOLDERS = ['/usr/share/fonts', '/usr/local/share/fonts'];

/** A TrueType font of this machine to draw captions with; undefined when it has none. */
export async function findFont(): Promise<string | undefined> {
  for (const path of WELL_KNOWN) if (await exists(path)) return path;
  const listings = FOLDERS.map(async (folder) => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith('.ttf')).map((name) => join(folder, name));
  });
  return (await Promise.all(listings)).flat().sort()[0];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
