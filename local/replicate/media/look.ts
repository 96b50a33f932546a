import { Random } from '../random.js';

interface Colour {
  red: number;
  green: number;
  blue: number;
}

/** Formulas of ffmpeg's expression language, all that a seed decides about a picture. */
export interface Look {
  red: string;
  green: string;
  blue: string;
}

/** Two colours mixed by a moving pattern. X, Y are pixels, W, H the sides, T seconds. */
export function lookOf(seed: number): Look {
  const random = new Random(`look ${seed}`);
  const hue = random.next();
  const dark = colour(hue, 0.75, 0.28);
  const light = colour((hue + random.between(0.15, 0.5)) % 1, 0.8, 0.62);
  const mix = pattern(random);
  const channel = (name: keyof Colour) =>
    `${dark[name].toFixed(0)}+${(light[name] - dark[name]).toFixed(0)}*(0.5+0.5*${mix})`;
  return { red: channel('red'), green: channel('green'), blue: channel('blue') };
}

/** Tones of a seed, in hertz: four notes of a pentatonic scale over a random root. */
export function notesOf(seed: number): number[] {
  const random = new Random(`notes ${seed}`);
  const root = 110 * 2 ** (random.integer(12) / 12);
  const steps = [0, 2, 4, 7, 9, 12, 14, 16];
  return Array.from({ length: 4 }, () => root * 2 ** ((steps[random.integer(steps.length)] ?? 0) / 12));
}

/** A formula between -1 and 1. */
function pattern(random: Random): string {
  const factor = (low: number, high: number) => random.between(low, high).toFixed(2);
  const speed = factor(0.6, 1.8);
  const patterns = [
    () => `sin(X/W*${factor(4, 9)}+T*${speed})*cos(Y/H*${factor(3, 7)}-T*${speed})`,
    () => `sin(hypot(X/W-${factor(0.2, 0.8)},Y/H-${factor(0.2, 0.8)})*${factor(10, 22)}-T*${speed})`,
    () => `sin((X/W*${factor(3, 9)}+Y/H*${factor(-9, 9)})*1.5+T*${speed})`,
    () => `sin(X/W*${factor(4, 8)}+sin(Y/H*${factor(4, 8)}+T*${speed})*${factor(1, 3)})`,
  ];
  return (patterns[random.integer(patterns.length)] as () => string)();
}

/** Red, green and blue, 0–255, of hue, saturation and lightness, 0–1. */
function colour(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const sector = (offset + hue * 12) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(sector - 3, 9 - sector, 1)));
  };
  return { red: channel(0), green: channel(8), blue: channel(4) };
}
