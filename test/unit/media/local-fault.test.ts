import { tellsOfLocalFault, typedFault } from '../../../src/media/local-fault.js';

describe('the last words of a program', () => {
  it.each([
    'Error writing trailer of preview.gif: No space left on device',
    'It ended with code 1\nav_interleaved_write_frame(): No space left on device\nConversion failed!',
    'av_interleaved_write_frame(): Input/output error',
    'thumbnail.jpg: write error\nsystem error: No space left on device\n',
    'waveform.png: Read-only file system',
    'original: Permission denied',
  ])('tell of the machine: %j', (text) => {
    expect(tellsOfLocalFault(text)).toBe(true);
  });

  it.each([
    '',
    'moov atom not found',
    'original: Invalid data found when processing input',
    'original: Input/output error',
    'Cannot allocate memory',
    'title: No space left on device, a song',
    'vipspng: libpng read error',
  ])('tell of the media: %j', (text) => {
    expect(tellsOfLocalFault(text)).toBe(false);
  });
});

describe('an error', () => {
  it('of a system call is the machine’s, and may be tried again', () => {
    const full = Object.assign(new Error('ENOSPC'), { errno: -28, code: 'ENOSPC', syscall: 'write' });
    expect(typedFault(full)).toMatchObject({ code: 'storage_failed', retryable: true, cause: full });
  });

  it('of any other kind stays what it is', () => {
    const error = new Error('the job was cancelled');
    expect(typedFault(error)).toBe(error);
    expect(typedFault('text')).toBe('text');
  });
});
