import sharp from 'sharp';
import { AppError } from '../errors.js';
import { MAX_PIXELS, THUMBNAIL_WIDTH } from './derive-arguments.js';
import { localFault, tellsOfLocalFault } from './local-fault.js';

// One picture at a time and none kept: a worker decodes strangers' pictures beside its other work.
sharp.concurrency(1);
sharp.cache(false);

/** Decodes the whole picture and writes its thumbnail (JPEG, upright, on white, at most 480 wide); gives its shown size. */
export async function thumbnailPicture(
  path: string,
  output: string,
): Promise<{ width: number; height: number }> {
  try {
    const picture = sharp(path, {
      limitInputPixels: MAX_PIXELS,
      failOn: 'error',
      pages: 1,
      sequentialRead: true,
    });
    const { autoOrient } = await picture.metadata();
    await picture
      .autoOrient()
      .resize({ width: THUMBNAIL_WIDTH, withoutEnlargement: true })
      .flatten({ background: 'white' })
      .jpeg({ quality: 82 })
      .toFile(output);
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    if (tellsOfLocalFault(String(cause))) throw localFault(cause);
    throw new AppError(
      'output_invalid',
      `The picture cannot be decoded, or has more than ${MAX_PIXELS} pixels`,
      { cause },
    );
  }
}

/** Writes the picture upright as a PNG that just fits into the size. */
export async function fitPicture(
  path: string,
  output: string,
  size: { width: number; height: number },
): Promise<void> {
  try {
    await sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1, sequentialRead: true })
      .autoOrient()
      .resize({ ...size, fit: 'inside' })
      .flatten({ background: 'black' })
      .png({ compressionLevel: 1 })
      .toFile(output);
  } catch (cause) {
    throw new AppError(
      'output_invalid',
      `The picture cannot be decoded, or has more than ${MAX_PIXELS} pixels`,
      { cause },
    );
  }
}
