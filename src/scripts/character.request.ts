import { invalidParameters } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import { CreateCharacterDto, PatchCharacterDto } from './character.dto.js';
import type { Character } from './script.js';

export type CharacterDraft = Pick<Character, 'userId' | 'name' | 'description' | 'referenceImages' | 'seed'>;
export type CharacterChanges = Partial<Omit<CharacterDraft, 'userId'>>;

/** Throws `invalid_parameters` with every fault. */
export function readNewCharacter(body: unknown): CharacterDraft {
  const { userId, name, description, referenceImages, seed } = read(CreateCharacterDto, body);
  return { userId, name, description, referenceImages: referenceImages ?? [], seed: seed ?? null };
}

/** Throws `invalid_parameters` with every fault. */
export function readCharacterChanges(body: unknown): CharacterChanges {
  const { name, description, referenceImages, seed } = read(PatchCharacterDto, body);
  return {
    ...(name === undefined || name === null ? {} : { name }),
    ...(description === undefined || description === null ? {} : { description }),
    ...(referenceImages === undefined || referenceImages === null ? {} : { referenceImages }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function read<T extends object>(dto: new () => T, body: unknown): T {
  const issues = bodyIssues(dto, body);
  if (issues.length > 0) throw invalidParameters(issues);
  return body as T;
}
