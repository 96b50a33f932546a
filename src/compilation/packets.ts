import { AppError } from '../errors.js';
import { parseProbe } from '../media/probe.js';
import { framesPerSecond, type Rational } from './frame-rate.js';
import type { CuttableClip } from './smart-render.js';

/** When a packet is shown, in seconds; for how long may be unknown. */
export interface ShownPacket {
  ptsSeconds: number;
  durationSeconds: number | null;
}

/** A packet with its place in decoding. */
export interface Packet extends ShownPacket {
  dtsSeconds: number;
  isKey: boolean;
}

/** A file down to the packets of its first picture and first sound, in the order in which they are stored. */
export interface InspectedFile<P extends ShownPacket = ShownPacket> {
  videoStreams: number;
  audioStreams: number;
  /** The coded picture; null without one. `durationSeconds` is what the container tells. */
  picture: { width: number; height: number; durationSeconds: number | null } | null;
  video: P[];
  audio: P[];
}

interface ProbedPackets {
  packets?: Record<string, unknown>[];
  streams?: { index?: number; codec_type?: string }[];
}

/** Reads what `FfmpegRunner.probePackets` gives: the packets of the first video and audio stream. */
export function parsePackets(json: string): InspectedFile<Packet> {
  const { videoStreams, audioStreams, video: picture } = parseProbe(json);
  const { packets = [], streams = [] } = parsed(json);
  const of = (type: string) => {
    const index = streams.find((stream) => stream.codec_type === type)?.index;
    return packets.filter((packet) => packet.stream_index === index && index !== undefined).map(packetOf);
  };
  return { videoStreams, audioStreams, picture, video: of('video'), audio: of('audio') };
}

/** Where a clip can be cut, and how many frames its pictures wait for being shown (see `h264Options`). */
export function cuttable(packets: Packet[], rate: Rational): CuttableClip & { reorderedFrames: number } {
  const shown = packets.map(({ ptsSeconds }) => ptsSeconds).sort((a, b) => a - b);
  const places = new Map(shown.map((pts, index) => [pts, index]));
  // A key frame is a place to cut when all that is stored before it is also shown before it.
  const keyFrames = packets.flatMap(({ isKey, ptsSeconds }, index) =>
    isKey && places.get(ptsSeconds) === index ? [index] : [],
  );
  const [first] = packets;
  const delay = first ? (first.ptsSeconds - first.dtsSeconds) * framesPerSecond(rate) : 0;
  return { frames: packets.length, keyFrames, reorderedFrames: Math.max(0, Math.round(delay)) };
}

function packetOf(packet: Record<string, unknown>): Packet {
  const seconds = (value: unknown) => (value === undefined ? Number.NaN : Number(value));
  const ptsSeconds = seconds(packet.pts_time);
  const durationSeconds = seconds(packet.duration_time);
  return {
    ptsSeconds,
    dtsSeconds: seconds(packet.dts_time ?? packet.pts_time),
    durationSeconds: Number.isNaN(durationSeconds) ? null : durationSeconds,
    isKey: String(packet.flags).startsWith('K'),
  };
}

function parsed(json: string): ProbedPackets {
  try {
    return JSON.parse(json) as ProbedPackets;
  } catch (cause) {
    throw new AppError('output_invalid', 'ffprobe printed no readable list of packets', { cause });
  }
}
