import fc from 'fast-check';
import { parseProbe, shownSize, type VideoSignature } from '../../../src/media/probe.js';

const video = {
  codec_type: 'video',
  codec_name: 'h264',
  profile: 'High',
  level: 40,
  width: 1920,
  height: 1080,
  sample_aspect_ratio: '1:1',
  r_frame_rate: '24000/1001',
  avg_frame_rate: '24000/1001',
  time_base: '1/24000',
  pix_fmt: 'yuv420p',
  color_range: 'tv',
  color_space: 'bt709',
  color_transfer: 'bt709',
  color_primaries: 'bt709',
  field_order: 'progressive',
  nb_frames: '192',
  start_time: '0.000000',
  duration: '8.008000',
  extradata_hash: 'SHA256:abc',
};
const audio = {
  codec_type: 'audio',
  codec_name: 'aac',
  profile: 'LC',
  sample_rate: '48000',
  channels: 2,
  channel_layout: 'stereo',
  time_base: '1/48000',
  start_time: '0.000000',
  duration: '8.000000',
};
const format = {
  format_name: 'mov,mp4,m4a,3gp,3g2,mj2',
  duration: '8.008000',
  tags: { major_brand: 'isom' },
};

const parse = (streams: unknown[], of: unknown = format) =>
  parseProbe(JSON.stringify({ streams, format: of }));
const parseVideo = (more: object) => parse([{ ...video, ...more }]).video as VideoSignature;

describe('the signature of a file', () => {
  it('holds what decides whether clips can be joined without encoding', () => {
    expect(parse([video, audio])).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      brand: 'isom',
      durationSeconds: 8.008,
      videoStreams: 1,
      audioStreams: 1,
      video: {
        codec: 'h264',
        profile: 'High',
        level: 40,
        width: 1920,
        height: 1080,
        sampleAspectRatio: '1:1',
        frameRate: '24000/1001',
        averageFrameRate: '24000/1001',
        timeBase: '1/24000',
        pixelFormat: 'yuv420p',
        colorRange: 'tv',
        colorSpace: 'bt709',
        colorTransfer: 'bt709',
        colorPrimaries: 'bt709',
        fieldOrder: 'progressive',
        rotation: 0,
        frames: 192,
        startSeconds: 0,
        durationSeconds: 8.008,
        parameterSets: 'SHA256:abc',
      },
      audio: {
        codec: 'aac',
        profile: 'LC',
        sampleRateHz: 48_000,
        channels: 2,
        channelLayout: 'stereo',
        timeBase: '1/48000',
        startSeconds: 0,
        durationSeconds: 8,
        parameterSets: null,
      },
    });
  });

  it('has no audio when the clip is silent, and no video when it is sound', () => {
    expect(parse([video])).toMatchObject({ audio: null, audioStreams: 0 });
    expect(parse([audio])).toMatchObject({ video: null, videoStreams: 0 });
  });

  it('passes over the cover picture of a song', () => {
    const cover = { ...video, codec_name: 'mjpeg', disposition: { attached_pic: 1 } };
    expect(parse([cover, audio])).toMatchObject({ video: null, videoStreams: 0, audio: { codec: 'aac' } });
  });

  it('counts streams beyond the first', () => {
    expect(parse([video, audio, audio])).toMatchObject({ videoStreams: 1, audioStreams: 2 });
  });

  it('says null for what is not known', () => {
    const unknown = { profile: 'unknown', color_range: undefined, nb_frames: 'N/A', duration: 'N/A' };
    expect(parseVideo(unknown)).toMatchObject({
      profile: null,
      colorRange: null,
      frames: null,
      durationSeconds: null,
    });
  });

  it.each([
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: -90 }] }, 90],
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: 90 }] }, 270],
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: 180 }] }, 180],
    [{ side_data_list: [{ side_data_type: 'CPB properties' }] }, 0],
    [{ tags: { rotate: '90' } }, 90],
  ])('reads the rotation of %j as %i° clockwise', (more, rotation) => {
    expect(parseVideo(more).rotation).toBe(rotation);
  });

  it.each(['', 'no json', '[1', 'null'])('cannot be read from %j', (text) => {
    expect(() => parseProbe(text)).toThrow(expect.objectContaining({ code: 'output_invalid' }));
  });

  it('is read or refused from any JSON at all', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          expect(parseProbe(text)).toHaveProperty('videoStreams');
        } catch (error) {
          expect(error).toMatchObject({ code: 'output_invalid' });
        }
      }),
    );
  });
});

describe('the size a viewer sees', () => {
  it.each([
    ['1:1', 0, { width: 1920, height: 1080 }],
    ['4:3', 0, { width: 2560, height: 1080 }],
    ['0:1', 0, { width: 1920, height: 1080 }],
    ['N/A', 0, { width: 1920, height: 1080 }],
    ['1:1', 90, { width: 1080, height: 1920 }],
    ['1:1', 180, { width: 1920, height: 1080 }],
  ])('with pixels of %s, turned by %i°, is as expected', (sample_aspect_ratio, rotation, size) => {
    expect(shownSize(parseVideo({ sample_aspect_ratio, tags: { rotate: String(rotation) } }))).toEqual(size);
  });
});
