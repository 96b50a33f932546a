import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../errors.js';
import { captionCues, writeAss, type Cue } from './captions.js';
import type { Clip } from './clip.js';
import { findFont } from './film-font.js';
import { secondsOf } from './frame-rate.js';
import { clipStarts, type CompilePlan } from './plan.js';

/** What each clip's section tells, while the clip is on. */
export function captionsOf(clips: Clip[], plan: CompilePlan): Cue[] {
  const starts = clipStarts(plan);
  const { frameRate } = plan.picture;
  return captionCues(
    clips.map(({ narration }, index) => ({
      text: narration ?? '',
      startSeconds: secondsOf(starts[index]!, frameRate),
      endSeconds: secondsOf(starts[index + 1] ?? plan.frames, frameRate),
    })),
  );
}

/** Puts the captions' script and its font where FFmpeg finds them by plain names. */
export async function layOutBurn(directory: string, cues: Cue[], plan: CompilePlan) {
  const font = await findFont();
  if (font === undefined)
    throw new AppError('unprocessable', 'This server has no font to draw captions with: ask for "sidecar"');
  return layOutCaptions(directory, writeAss(cues, plan.picture), font);
}

async function layOutCaptions(
  directory: string,
  script: string,
  font: string,
): Promise<{ script: string; fonts: string }> {
  await mkdir(join(directory, 'fonts'));
  await copyFile(font, join(directory, 'fonts', basename(font)));
  await writeFile(join(directory, 'captions.ass'), script);
  return { script: 'captions.ass', fonts: 'fonts' };
}
