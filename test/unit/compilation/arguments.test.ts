import { conformCommand, splitCommand } from '../../../src/compilation/arguments/clips.js';
import {
  concatList,
  joinCommand,
  loudnessCommand,
  renderCommand,
  transitionCommand,
  type FilmFiles,
} from '../../../src/compilation/arguments/film.js';
import { planCompilation } from '../../../src/compilation/plan.js';
import { aClip, OPTIONS } from './a-clip.js';

const file = (index: number, hasSound = true) => ({ path: `/t/clip-${index}.bin`, demuxer: 'mov', hasSound });
const files: FilmFiles = {
  ...{ clips: [file(0), file(1, false)], bed: null, burn: null, measured: null },
  ...{ output: '/t/film/final.mp4', segments: '/t/film/segment-%05d.ts' },
};
const silent = aClip({ position: 1, audio: null });
const wan = aClip({ position: 1, seconds: 5, audio: null, video: { width: 1280, height: 720 } });
const x264 = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p', '-profile:v', 'high'],
  ...['-level:v', '4', '-g', '48', '-keyint_min', '48', '-sc_threshold', '0', '-flags', '+cgop'],
  ...['-bf', '3', '-b-pyramid', 'normal', '-x264-params', 'sps-id=1'],
];
const aac = ['-c:a', 'aac', '-b:a', '192k', '-ar', '48000', '-ac', '2'];
const mp4 = ['-movflags', '+faststart', '-video_track_timescale', '12288', '-f', 'mp4'];

describe('the arguments of FFmpeg', () => {
  it('for joining equal clips copy both streams of one list', () => {
    const plan = planCompilation([aClip(), aClip({ position: 1 })], OPTIONS);
    expect(joinCommand('/t/list.txt', plan, OPTIONS, files)).toEqual({
      inputs: [
        {
          path: '/t/list.txt',
          options: ['-format_whitelist', 'concat,mov,mpegts', '-f', 'concat', '-safe', '1'],
        },
      ],
      outputOptions: ['-map', '0:v:0', '-c:v', 'copy', '-map', '0:a:0', '-c:a', 'copy', ...mp4],
      output: '/t/film/final.mp4',
      durationSeconds: 16,
    });
  });

  it('for the list tell how long each piece lasts', () => {
    const plan = planCompilation([aClip()], OPTIONS);
    const pieces = [
      { name: 'clip-0.bin', frames: 192, sounds: true },
      { name: 'transition-1.ts', frames: 7, sounds: false },
    ];
    expect(concatList(pieces, plan)).toBe(
      'ffconcat version 1.0\nfile clip-0.bin\nduration 8.000000\noutpoint 8.000000\n' +
        'file transition-1.ts\nduration 0.291667\n',
    );
  });

  it('for a silent clip copy its picture and add silence', () => {
    const plan = planCompilation([aClip(), silent], OPTIONS);
    expect(conformCommand(file(1, false), plan.clips[1]!, plan, '/t/c.mp4')).toEqual({
      inputs: [
        { path: '/t/clip-1.bin', options: ['-max_pixels', '50000000', '-f', 'mov'] },
        { path: 'anullsrc=r=48000:cl=stereo', options: ['-f', 'lavfi'] },
      ],
      outputOptions: [
        ...['-map', '0:v:0', '-c:v', 'copy', '-map', '1:a:0', '-af'],
        'aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo,' +
          'apad,atrim=end=8.000000',
        ...[...aac, '-video_track_timescale', '12288', '-f', 'mp4'],
      ],
      ...{ output: '/t/c.mp4', durationSeconds: 8 },
    });
  });

  it('for an odd clip fit its picture, exactly so many frames, to the others', () => {
    const plan = planCompilation([aClip(), wan], OPTIONS);
    const { outputOptions } = conformCommand(file(1, false), plan.clips[1]!, plan, '/t/c.mp4');
    expect(outputOptions.slice(0, 4 + x264.length)).toEqual([
      ...['-map', '0:v:0', '-vf'],
      'fps=fps=24/1:start_time=0,scale=iw*sar:ih,' +
        'scale=1920:1080:force_original_aspect_ratio=decrease:flags=bicubic,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,' +
        'setsar=1,format=yuv420p,tpad=stop=-1:stop_mode=clone,trim=end_frame=120,settb=1/24,setpts=N',
      ...x264,
    ]);
  });

  const faded = { ...OPTIONS, transition: { type: 'fade', durationSeconds: 0.5 } };

  it('for a transition mix what overlaps and encode it as the clips are', () => {
    const plan = planCompilation([aClip(), aClip({ position: 1 })], faded);
    const parts = [
      { file: { path: '/t/part-0-1.ts', demuxer: 'mpegts', hasSound: true }, frames: 48 },
      { file: { path: '/t/part-1-0.ts', demuxer: 'mpegts', hasSound: true }, frames: 24 },
    ];
    const { outputOptions } = transitionCommand(parts, plan, 2, '/t/x.ts');
    expect(outputOptions).toEqual([
      '-filter_complex',
      [
        '[0:v:0]trim=end_frame=48,settb=1/24,setpts=N[v0]',
        '[1:v:0]trim=end_frame=24,settb=1/24,setpts=N[v1]',
        '[v0]split=2[c00][c01]',
        '[c00]trim=start_frame=0:end_frame=36,setpts=N[b0]',
        '[c01]trim=start_frame=36,setpts=N[t0]',
        '[v1]split=2[c10][c11]',
        '[c10]trim=end_frame=12,setpts=N[h1]',
        '[c11]trim=start_frame=12:end_frame=24,setpts=N[b1]',
        '[h1]format=yuva420p,fade=t=in:start_frame=0:nb_frames=12:alpha=1[x0a]',
        '[t0][x0a]overlay=format=yuv420,format=yuv420p,setpts=N[x0]',
        '[b0][x0][b1]concat=n=3:v=1:a=0,settb=1/24,setpts=N[picture]',
      ].join(';'),
      ...['-map', '[picture]', '-frames:v', '60', ...x264, '-f', 'mpegts'],
    ]);
    expect(splitCommand(file(0), [24, 144], plan, '/t/p-%d.ts').outputOptions).toEqual([
      ...['-map', '0:v:0', '-c', 'copy', '-f', 'segment', '-segment_frames', '24,144'],
      ...['-segment_format', 'mpegts'],
    ]);
  });

  it('for the sound cross-fade where pictures do, duck the bed, and level the whole', () => {
    const bed = {
      source: { url: 'https://x.test/a' },
      volume: 0.4,
      ducking: true,
      fadeInSeconds: 1,
      fadeOutSeconds: 2,
    };
    const options = { ...faded, audio: bed, targetLufs: -14 };
    const plan = planCompilation([aClip(), silent], options);
    const order = { ...files, bed: { path: '/t/bed.bin', demuxer: 'mp3' } };
    const command = loudnessCommand(plan, options, order, -14);
    expect(command.inputs).toEqual([
      { path: '/t/clip-0.bin', options: ['-max_pixels', '50000000', '-f', 'mov'] },
      { path: '/t/bed.bin', options: ['-stream_loop', '-1', '-f', 'mp3'] },
    ]);
    const form = 'aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo';
    expect(command.outputOptions[1]!.split(';')).toEqual([
      `[0:a:0]aresample=48000:async=1:first_pts=0,${form},apad,atrim=end_sample=384000,asetpts=N/SR/TB[s0]`,
      `anullsrc=r=48000:cl=stereo,${form},atrim=end_sample=384000,asetpts=N/SR/TB[s1]`,
      '[s0][s1]acrossfade=ns=24000:c1=tri:c2=tri[film]',
      `[1:a:0]aresample=48000,${form},atrim=end_sample=744000,volume=0.4,afade=t=in:st=0:d=1,afade=t=out:st=13.500:d=2[loud]`,
      '[film]asplit=2[heard][key]',
      '[loud][key]sidechaincompress=threshold=0.02:ratio=8:attack=20:release=400[bed]',
      '[heard][bed]amix=inputs=2:duration=first:dropout_transition=0,volume=2,alimiter=limit=0.95:level=0[mixed]',
      '[mixed]loudnorm=I=-14:TP=-1.5:LRA=11:print_format=json[measured]',
    ]);
    const measured = { integrated: '-23.1', truePeak: '-3', range: '4', threshold: '-33', offset: '0.2' };
    const joined = joinCommand('/t/list.txt', plan, options, { ...order, measured });
    expect(joined.outputOptions[1]).toContain(
      '[mixed]loudnorm=I=-14:TP=-1.5:LRA=11:measured_I=-23.1:measured_TP=-3:measured_LRA=4:measured_thresh=-33:' +
        'offset=0.2:linear=true,aresample=48000[sound]',
    );
    expect(joined.outputOptions.slice(2)).toEqual([
      ...['-map', '0:v:0', '-c:v', 'copy', '-map', '[sound]', ...aac, '-t', '15.500000', ...mp4],
    ]);
  });

  it.each([
    ['webm', ['libvpx-vp9', 'libopus', 'webm']],
    ['avi', ['mpeg4', 'ac3', 'avi']],
    ['mov', ['libx264', 'aac', 'mov']],
    ['mkv', ['libx264', 'aac', 'matroska']],
    ['hls', ['libx264', 'aac', 'hls']],
  ] as const)('for %s encode to %j', (outputFormat, words) => {
    const options = { ...OPTIONS, outputFormat, quality: 'medium' as const };
    const plan = planCompilation([aClip(), silent], options);
    const { outputOptions } = renderCommand(plan, options, files);
    const after = (name: string) => outputOptions[outputOptions.indexOf(name) + 1];
    expect([after('-c:v'), after('-c:a'), after('-f')]).toEqual(words);
    expect(after('-t')).toBe('16.000000');
  });
});
