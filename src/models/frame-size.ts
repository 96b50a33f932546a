import type { Issue } from '../errors.js';
import type { FrameMapping, Values } from './model.js';
import { parameterPath } from './parameters.js';

/** The provider's ratio and area for the asked width and height; `real` is told when the picture will differ. */
interface Fit {
  ratio: string;
  megapixels: string;
  real?: [number, number];
}

export interface Frame {
  input: Values;
  warnings: string[];
  issues: Issue[];
}

/**
 * Turns width × height, or the ratio and area themselves, into what the provider takes. A known pixel pair or an
 * exact ratio is taken as it is, a near one with a warning; anything else, and a contradiction, is an issue.
 */
export function frameInput(frame: FrameMapping, parameters: Values): Frame {
  const width = parameters[frame.width];
  const height = parameters[frame.height];
  const ratio = parameters[frame.ratio];
  const megapixels = parameters[frame.megapixels];
  if (typeof width !== 'number' || typeof height !== 'number') {
    const input = {
      [frame.ratio]: ratio ?? frame.fallbackRatio,
      [frame.megapixels]: megapixels ?? frame.full,
    };
    return { input, warnings: [], issues: [] };
  }
  const fit = fitFrame(frame, width, height);
  if (fit === undefined) return { input: {}, warnings: [], issues: [shapeIssue(frame, width, height)] };
  const issues = [
    ...contradiction(frame.ratio, ratio, fit.ratio, width, height),
    ...contradiction(frame.megapixels, megapixels, fit.megapixels, width, height),
  ];
  const warnings = fit.real
    ? [`${width}x${height} is no size of the model: it makes ${fit.real[0]}x${fit.real[1]} (${fit.ratio})`]
    : [];
  return { input: { [frame.ratio]: fit.ratio, [frame.megapixels]: fit.megapixels }, warnings, issues };
}

/** The nearest ratio and area, or undefined when no ratio is near. */
export function fitFrame(frame: FrameMapping, width: number, height: number): Fit | undefined {
  const isQuarter = width * height < frame.quarterBelowPixels;
  const megapixels = isQuarter ? frame.quarter : frame.full;
  const scale = isQuarter ? 0.5 : 1;
  const exact = Object.entries(frame.sizes).find(
    ([ratio, [w, h]]) => (w * scale === width && h * scale === height) || isRatio(ratio, width, height),
  );
  if (exact) return { ratio: exact[0], megapixels };
  const [nearest] = Object.keys(frame.sizes)
    .map((ratio) => ({ ratio, distance: Math.abs(Math.log(width / height / ratioValue(ratio))) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > frame.tolerance) return undefined;
  const [w, h] = frame.sizes[nearest.ratio]!;
  return { ratio: nearest.ratio, megapixels, real: [w * scale, h * scale] };
}

function isRatio(ratio: string, width: number, height: number): boolean {
  const [across, down] = ratio.split(':').map(Number) as [number, number];
  return width * down === height * across;
}

function ratioValue(ratio: string): number {
  const [across, down] = ratio.split(':').map(Number) as [number, number];
  return across / down;
}

function shapeIssue(frame: FrameMapping, width: number, height: number): Issue {
  return {
    path: parameterPath(frame.width),
    message: `${frame.width} ${width} and ${frame.height} ${height} have a ratio the model cannot make: come near one of ${Object.keys(frame.sizes).join(', ')}`,
  };
}

function contradiction(
  name: string,
  given: unknown,
  fitting: string,
  width: number,
  height: number,
): Issue[] {
  if (given === undefined || given === fitting) return [];
  return [
    {
      path: parameterPath(name),
      message: `${name} must be ${JSON.stringify(fitting)} for ${width}x${height}, or left out (got ${JSON.stringify(given)})`,
    },
  ];
}
