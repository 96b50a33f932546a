import { access, copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const wellKnown = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/TTF/DejaVuSans.ttf',
  '/usr/share/fonts/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
  '/System/Library/Fonts/Supplemental/Arial.ttf',
  '/Library/Fonts/Arial.ttf',
  'C:\\Windows\\Fonts\\arial.ttf',
];
const searched = ['/usr/share/fonts', '/usr/local/share/fonts'];

/**
 * Copies a TrueType font of this machine into `dir` and answers its name there (a plain name needs no escaping in a
 * filter, and ffmpeg builds without fontconfig need the file); undefined when the machine has none.
 */
export async function provideFont(dir: string): Promise<string | undefined> {
  for (const path of [...wellKnown, ...(await installedFonts())]) {
    const copied = await access(path).then(
      () => copyFile(path, join(dir, 'font.ttf')).then(() => true),
      () => false,
    );
    if (copied) return 'font.ttf';
  }
  return undefined;
}

async function installedFonts(): Promise<string[]> {
  const listings = searched.map(async (folder) => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith('.ttf')).map((name) => join(folder, name));
  });
  return (await Promise.all(listings)).flat().sort();
}
