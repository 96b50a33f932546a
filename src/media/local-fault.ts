import { AppError } from '../errors.js';

/** How a program's line ends when it was the machine that failed it: no media, however broken, brings these about. */
const FAULTS_OF_THE_MACHINE = new RegExp(
  `(${[
    ': No space left on device',
    ': Disk quota exceeded',
    ': Read-only file system',
    ': File too large',
    ': Permission denied',
    ': Too many open files',
    ': No such file or directory',
    // What FFmpeg says of a file that it cannot create.
    'av_interleaved_write_frame\\(\\): Input/output error',
  ].join('|')})\\s*$`,
  'm',
);

/** Whether the words of FFmpeg or libvips tell of a disk that takes no more, rather than of broken media. */
export function tellsOfLocalFault(text: string): boolean {
  return FAULTS_OF_THE_MACHINE.test(text);
}

/** What a fault of the worker's own disk is told as: the media may be whole, so it is to be tried again. */
export function localFault(cause: unknown): AppError {
  return new AppError('storage_failed', 'The worker cannot keep its temporary files', {
    retryable: true,
    cause,
  });
}

/** Turns an error of Node's own file system calls into a local fault; any other stays as it is. */
export function typedFault(error: unknown): unknown {
  const isSystemError = typeof error === 'object' && error !== null && 'syscall' in error && 'errno' in error;
  return isSystemError ? localFault(error) : error;
}
