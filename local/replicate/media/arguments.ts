import { lookOf, notesOf } from './look.js';
import type { AudioSpec, ImageSpec, MediaSpec, VideoSpec } from './spec.js';
import { lineHeight } from './prompt-text.js';

/** What the ffmpeg at hand can do; file names are relative to its working directory. */
export interface Means {
  geq: boolean;
  /** Font and text of the prompt; absent when it cannot be drawn. */
  text?: { fontFile: string; textFile: string };
}

const bitexact = [
  '-map_metadata',
  '-1',
  '-fflags',
  '+bitexact',
  '-flags:v',
  '+bitexact',
  '-flags:a',
  '+bitexact',
];
const sparing = ['-filter_threads', '1', '-threads', '1'];
const videoSampleRate = 48_000;
const keyFrameSeconds = 2;
const musicSampleRate = 32_000;

/** Arguments that make `spec` into the file `output`, the same bytes each time. */
export function mediaArguments(spec: MediaSpec, means: Means, output: string): string[] {
  switch (spec.kind) {
    case 'image':
      return [
        ...picture(spec, 25, 1, 256, means),
        ...sparing,
        '-frames:v',
        '1',
        ...imageCodec(spec),
        ...bitexact,
        output,
      ];
    case 'video':
      return [...videoInputs(spec, means), ...videoCodecs(spec), ...bitexact, '-f', 'mp4', output];
    case 'audio':
      return [
        ...tone(spec.seed, spec.durationSeconds, musicSampleRate, spec.channels),
        ...audioCodec(spec),
        ...bitexact,
        output,
      ];
  }
}

function videoInputs(spec: VideoSpec, means: Means): string[] {
  const durationSeconds = spec.frames / spec.fps;
  const moving = picture(spec, spec.fps, durationSeconds, 64, means);
  return spec.sound ? [...moving, ...tone(spec.seed, durationSeconds, videoSampleRate, 2)] : moving;
}

/** A coarse picture is computed and enlarged: formulas at full size would take minutes. */
function picture(
  spec: ImageSpec | VideoSpec,
  fps: number,
  durationSeconds: number,
  coarseSide: number,
  means: Means,
): string[] {
  const scale = coarseSide / Math.max(spec.width, spec.height);
  const size = `${Math.max(16, Math.round(spec.width * scale))}x${Math.max(16, Math.round(spec.height * scale))}`;
  const timing = `r=${fps}:d=${(durationSeconds + 1).toFixed(3)}`;
  const { red, green, blue } = lookOf(spec.seed);
  const source = means.geq
    ? `color=c=black:s=${size}:${timing},format=gbrp,geq=r='${red}':g='${green}':b='${blue}'`
    : `testsrc2=s=${size}:${timing},hue=h=${(spec.seed * 47) % 360}`;
  const filters = [
    source,
    'format=yuv420p',
    `scale=${spec.width}:${spec.height}:flags=bicubic`,
    'setsar=1',
    ...drawnText(spec, means),
    // A limit of encoded frames would end the sound with the last frame that is read, not with the last that is shown.
    ...(spec.kind === 'video' ? [`trim=end_frame=${spec.frames}`] : []),
  ];
  return ['-f', 'lavfi', '-i', filters.join(',')];
}

function drawnText(spec: ImageSpec | VideoSpec, means: Means): string[] {
  if (!means.text) return [];
  const fontSize = lineHeight(spec);
  const place = `x=(w-text_w)/2:y=h-text_h-${fontSize}`;
  const band = `box=1:boxcolor=black@0.45:boxborderw=${Math.round(fontSize / 3)}`;
  const { fontFile, textFile } = means.text;
  return [
    `drawtext=fontfile=${fontFile}:textfile=${textFile}:expansion=none:fontcolor=white:fontsize=${fontSize}:${place}:${band}`,
  ];
}

/** Plucked notes, one every half second, a fifth of full scale. */
function tone(seed: number, durationSeconds: number, sampleRate: number, channels: number): string[] {
  const [first, second, third, fourth] = notesOf(seed).map((hertz) => `sin(2*PI*t*${hertz.toFixed(3)})`);
  const beat = 'mod(floor(t*2),4)';
  const note = `if(lt(${beat},1),${first},if(lt(${beat},2),${second},if(lt(${beat},3),${third},${fourth})))`;
  const left = `0.3*exp(-3*mod(t,0.5))*${note}`;
  const right = `0.3*exp(-2*mod(t,0.5))*${note}`;
  const expressions = channels === 2 ? `${left}|${right}` : left;
  return [
    '-f',
    'lavfi',
    '-i',
    `aevalsrc=exprs='${expressions}':s=${sampleRate}:d=${durationSeconds.toFixed(3)}`,
  ];
}

function imageCodec({ format, quality }: ImageSpec): string[] {
  switch (format) {
    case 'png':
      return ['-c:v', 'png', '-pix_fmt', 'rgb24', '-f', 'image2'];
    case 'jpg':
      return [
        '-c:v',
        'mjpeg',
        '-pix_fmt',
        'yuvj420p',
        '-q:v',
        String(Math.round(31 - (quality * 29) / 100)),
        '-f',
        'image2',
      ];
    case 'webp':
      return [
        '-c:v',
        'libwebp',
        '-pix_fmt',
        'yuv420p',
        '-quality',
        String(quality),
        '-compression_level',
        '1',
        '-f',
        'webp',
      ];
  }
}

function videoCodecs(spec: VideoSpec): string[] {
  const gop = ['-g', String(Math.round(keyFrameSeconds * spec.fps))];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '26', '-pix_fmt', 'yuv420p', ...gop];
  const aac = ['-c:a', 'aac', '-b:a', '128k', '-t', (spec.frames / spec.fps).toFixed(3)];
  return [...sparing, ...x264, ...(spec.sound ? aac : []), '-movflags', '+faststart'];
}

function audioCodec({ format }: AudioSpec): string[] {
  if (format === 'wav') return ['-c:a', 'pcm_s16le', '-f', 'wav'];
  return ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'];
}
