import type { Settings } from '../config/settings.js';
import type { SourcePolicy } from '../media/source-address.js';

/** Where users may let us fetch sound from: any public host by https, and the local stack's own. */
export function bedPolicy({ media, stage }: Settings): SourcePolicy {
  return { hosts: ['*', ...media.sourceHosts], allowPrivateSources: stage === 'local' };
}
