import { SetMetadata } from '@nestjs/common';

export const OPEN = 'open';

/** Marks a controller or a route that needs no key. */
export const Open = () => SetMetadata(OPEN, true);
