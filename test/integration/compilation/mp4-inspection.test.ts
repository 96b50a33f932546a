import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectMp4 } from '../../../src/compilation/mp4-inspection.js';
import { parsePackets, type InspectedFile } from '../../../src/compilation/packets.js';
import { ffmpegRunner, sample } from '../media/sample-media.js';

jest.setTimeout(60_000);

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=s=96x64:r=24:d=2'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=d=2:r=44100'];
const H264 = ['-c:v', 'libx264', '-bf', '2', '-pix_fmt', 'yuv420p'];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mp4-inspection-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function placed(name: string, bytes: Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

/** Times to the microsecond, which is what ffprobe prints. */
function rounded({ video, audio, ...rest }: InspectedFile) {
  const times = (packets: InspectedFile['video']) =>
    packets.map(({ ptsSeconds, durationSeconds }) => [ptsSeconds.toFixed(5), durationSeconds?.toFixed(5)]);
  return { ...rest, video: times(video), audio: times(audio) };
}

describe('an MP4 read in this process', () => {
  const { signal } = new AbortController();

  it.each([
    ['with reordered frames and sound', 'sound.mp4', [...PICTURE, ...SOUND, ...H264, '-c:a', 'aac']],
    ['without sound', 'silent.mp4', [...PICTURE, ...H264]],
    ['as MOV', 'sound.mov', [...PICTURE, ...SOUND, ...H264, '-c:a', 'aac']],
    ['that begins late', 'late.mp4', ['-itsoffset', '0.5', ...PICTURE, ...SOUND, ...H264, '-c:a', 'aac']],
  ])('%s has the streams and packets that ffprobe tells', async (_what, name, options) => {
    const path = await placed(name, await sample(name, ...options));
    const run = { signal, directory, timeoutMs: 30_000 };
    const probed = await ffmpegRunner().probePackets({ path, options: ['-f', 'mov'] }, run);
    const { picture, ...told } = rounded(parsePackets(probed));
    const { picture: readPicture, ...read } = rounded(await inspectMp4(path, signal));
    expect(read).toEqual(told);
    expect(read.video.length).toBeGreaterThanOrEqual(48);
    expect(readPicture).toMatchObject({ width: picture!.width, height: picture!.height });
  });

  it('that is none is invalid', async () => {
    const path = await placed('broken.mp4', Buffer.from('no film at all'));
    await expect(inspectMp4(path, signal)).rejects.toMatchObject({ code: 'output_invalid' });
  });

  it('that was cut off before its tables shows no streams', async () => {
    const whole = await sample('silent.mp4', ...PICTURE, ...H264);
    const path = await placed('cut.mp4', whole.subarray(0, whole.length - 1_000));
    expect(await inspectMp4(path, signal)).toMatchObject({ videoStreams: 0, video: [] });
  });

  it('that is not there is a fault of this machine', async () => {
    await expect(inspectMp4(join(directory, 'gone.mp4'), signal)).rejects.toMatchObject({
      ...{ code: 'storage_failed', retryable: true },
    });
  });
});
