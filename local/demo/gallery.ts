import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { KeptResult } from './kept-result.js';

const ELEMENTS: Record<string, (source: string) => string> = {
  image: (source) => `<img src="${source}" alt="">`,
  video: (source) => `<video src="${source}" controls></video>`,
  audio: (source) => `<img src="audio/waveform.png" alt=""><audio src="${source}" controls></audio>`,
};

/** Writes a page that shows the files side by side; returns its path. */
export function writeGallery(dir: string, results: KeptResult[]): string {
  const figures = results.map(({ mediaType, originalPath }) => {
    const source = relative(dir, originalPath);
    return `<figure>${ELEMENTS[mediaType]!(source)}<figcaption>${source}</figcaption></figure>`;
  });
  const style =
    'body{font:16px sans-serif;display:flex;flex-wrap:wrap;gap:1em}img,video,audio{width:420px;display:block}';
  const path = join(dir, 'index.html');
  writeFileSync(
    path,
    `<!doctype html><meta charset="utf-8"><title>Demo</title><style>${style}</style>${figures.join('')}`,
  );
  return path;
}
