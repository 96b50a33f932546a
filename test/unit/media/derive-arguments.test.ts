import {
  inputOf,
  previewCommand,
  tailCommand,
  thumbnailCommand,
  waveformCommand,
} from '../../../src/media/derive-arguments.js';

const film = { path: '/private/original', demuxer: 'mov' };
const sound = { path: '/private/original', demuxer: 'wav' };

describe('the command for', () => {
  it('a thumbnail takes one frame, with square pixels, at most 480 wide', () => {
    expect(thumbnailCommand(film, 0.8, '/private/thumbnail.jpg')).toEqual({
      inputs: [
        { path: '/private/original', options: ['-max_pixels', '50000000', '-ss', '0.800', '-f', 'mov'] },
      ],
      outputOptions: [
        ...['-map', '0:v:0', '-vf', "scale=iw*sar:ih,scale='min(480,iw)':-2,setsar=1"],
        ...['-frames:v', '1', '-pix_fmt', 'yuvj420p', '-q:v', '3', '-f', 'mjpeg'],
      ],
      output: '/private/thumbnail.jpg',
    });
  });

  it('a thumbnail of the first frame does not seek', () => {
    expect(thumbnailCommand(film, 0, '/t.jpg').inputs[0]?.options).not.toContain('-ss');
  });

  it('a preview takes 3 seconds, 320 wide, 8 frames a second, in its own palette', () => {
    const { inputs, outputOptions } = previewCommand(film, '/private/preview.gif');
    expect(inputs[0]?.options).toEqual(['-max_pixels', '50000000', '-t', '3', '-f', 'mov']);
    expect(outputOptions).toEqual([
      '-filter_complex',
      '[0:v:0]fps=8,scale=iw*sar:ih,scale=320:-2:flags=lanczos,setsar=1,format=rgb565,split[shown][counted];' +
        '[counted]palettegen=stats_mode=diff[palette];[shown][palette]paletteuse=dither=bayer',
      ...['-loop', '0', '-f', 'gif'],
    ]);
  });

  it('a waveform draws the whole sound at 1200 × 240', () => {
    const { inputs, outputOptions } = waveformCommand(sound, '/private/waveform.png');
    expect(inputs).toEqual([inputOf(sound)]);
    expect(outputOptions[1]).toMatch(/showwavespic=s=1200x240/);
  });

  it.each([
    [8, '7.000'],
    [1.5, '0.500'],
  ])('the tail of %d s begins a second before the end', (durationSeconds, at) => {
    expect(tailCommand(film, durationSeconds).inputs[0]?.options).toEqual(
      expect.arrayContaining(['-ss', at]),
    );
  });

  it('the tail of a clip shorter than a second is the whole clip', () => {
    expect(tailCommand(film, 0.5).inputs[0]?.options).not.toContain('-ss');
  });
});
