import { EncodedPacketSink, FilePathSource, Input, MP4, QTFF, type InputTrack } from 'mediabunny';
import { AppError } from '../errors.js';
import { typedFault } from '../media/local-fault.js';
import type { InspectedFile, ShownPacket } from './packets.js';

/**
 * Reads the tables of an MP4 or MOV file within this process: a tenth of the time that a program needs, half of which it
 * takes to start. Throws AppError `output_invalid` when the file cannot be read as one.
 */
export async function inspectMp4(path: string, signal: AbortSignal): Promise<InspectedFile> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF] });
  try {
    const videos = await input.getVideoTracks();
    const audios = await input.getAudioTracks();
    const [video] = videos;
    return {
      videoStreams: videos.length,
      audioStreams: audios.length,
      picture: video
        ? {
            width: await video.getCodedWidth(),
            height: await video.getCodedHeight(),
            durationSeconds: await video.computeDuration(),
          }
        : null,
      video: await packetsOf(video, signal),
      audio: await packetsOf(audios[0], signal),
    };
  } catch (cause) {
    const fault = typedFault(cause);
    if (signal.aborted) throw signal.reason;
    if (fault instanceof AppError) throw fault;
    throw new AppError('output_invalid', 'The film is no readable MP4', { cause });
  } finally {
    input.dispose();
  }
}

async function packetsOf(track: InputTrack | undefined, signal: AbortSignal): Promise<ShownPacket[]> {
  if (!track) return [];
  const packets: ShownPacket[] = [];
  for await (const { timestamp, duration } of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    signal.throwIfAborted();
    packets.push({ ptsSeconds: timestamp, durationSeconds: duration });
  }
  return packets;
}
