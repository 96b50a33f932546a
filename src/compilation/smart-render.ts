/** What decides where a clip's pictures can be cut without encoding them. */
export interface CuttableClip {
  frames: number;
  /** Numbers of the frames, as shown, that begin anew; ascending, the first is 0. */
  keyFrames: number[];
}

/** Frames `from` to `to` (exclusive) of a clip. */
export interface FrameRange {
  clip: number;
  from: number;
  to: number;
}

/** A piece of the film: frames copied from one clip, or ranges encoded with transitions between them. */
export type Piece = { copied: FrameRange } | { encoded: FrameRange[] };

/**
 * Cuts clips of one kind so that only the groups of pictures around the transitions are encoded: from the last key frame
 * before a transition to the first after it. Null when no frame could be copied. Each clip is at least twice as long as
 * the overlap.
 */
export function smartPieces(clips: CuttableClip[], overlap: number): Piece[] | null {
  const pieces: Piece[] = [];
  let open: FrameRange[] = [];
  const close = () => {
    if (open.length > 0) pieces.push({ encoded: open });
    open = [];
  };
  for (const [clip, { frames, keyFrames }] of clips.entries()) {
    const { from, to } = copyableRange(frames, keyFrames, overlap, clip === 0, clip === clips.length - 1);
    if (from >= to) {
      open.push({ clip, from: 0, to: frames });
      continue;
    }
    if (from > 0) open.push({ clip, from: 0, to: from });
    close();
    pieces.push({ copied: { clip, from, to } });
    if (to < frames) open.push({ clip, from: to, to: frames });
  }
  close();
  return pieces.some((piece) => 'copied' in piece) ? pieces : null;
}

/** How many frames of the film a piece gives. */
export function pieceFrames(piece: Piece, overlap: number): number {
  if ('copied' in piece) return piece.copied.to - piece.copied.from;
  const frames = piece.encoded.reduce((sum, { from, to }) => sum + to - from, 0);
  return frames - (piece.encoded.length - 1) * overlap;
}

/** The frames before which a clip is split to get its ranges. */
export function cutsOf(pieces: Piece[], clip: number): number[] {
  const ranges = pieces.flatMap((piece) => ('copied' in piece ? [piece.copied] : piece.encoded));
  const starts = ranges.filter((range) => range.clip === clip && range.from > 0).map(({ from }) => from);
  return [...new Set(starts)].sort((a, b) => a - b);
}

function copyableRange(
  frames: number,
  keyFrames: number[],
  overlap: number,
  isFirst: boolean,
  isLast: boolean,
): { from: number; to: number } {
  return {
    from: isFirst ? 0 : (keyFrames.find((frame) => frame >= overlap) ?? frames),
    to: isLast ? frames : (keyFrames.findLast((frame) => frame <= frames - overlap) ?? 0),
  };
}
