import { randomUUID } from 'node:crypto';
import type { Scene } from '../../../src/scripts/plan-scenes.js';
import { isScene, planScene } from '../../../src/scripts/plan-scenes.js';
import type { SceneFrame } from '../../../src/scripts/scene-request.js';
import type { Character, Section, Take } from '../../../src/scripts/script.js';
import { registry } from '../models/registry-file.js';

export const aFrame = (facts: Partial<SceneFrame> = {}): SceneFrame => ({
  seed: null,
  defaults: { parameters: {} },
  ...facts,
});

export const aSection = (facts: Partial<Section> = {}): Section => ({
  sectionId: randomUUID(),
  title: null,
  narration: null,
  prompt: 'A lighthouse',
  mediaType: 'video',
  modelId: 'veo-3.1',
  parameters: {},
  characterIds: [],
  ...facts,
});

export const aCharacter = (facts: Partial<Character> = {}): Character => ({
  characterId: randomUUID(),
  owner: null,
  userId: 'producer-1',
  name: 'Mara',
  description: 'grey braid',
  referenceImages: ['https://example.com/mara.png'],
  seed: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...facts,
});

export const castOf = (...characters: Character[]) =>
  new Map(characters.map((character) => [character.characterId, character]));

/** A section that names the characters, planned with the registry of the repository. */
export function planned(section: Section, frame = aFrame(), ...characters: Character[]) {
  const characterIds = characters.map(({ characterId }) => characterId);
  return planScene(registry, frame, { ...section, characterIds }, castOf(...characters));
}

export function aScene(section: Section, frame = aFrame(), ...characters: Character[]): Scene {
  const scene = planned(section, frame, ...characters);
  if (!isScene(scene)) throw new Error(JSON.stringify(scene));
  return scene;
}

export const aTake = ({ section, inputHash }: Scene, facts: Partial<Take> = {}): Take => ({
  videoId: randomUUID(),
  owner: null,
  scriptId: randomUUID(),
  sectionId: section.sectionId,
  jobId: randomUUID(),
  take: 1,
  inputHash,
  approval: 'pending',
  comment: null,
  reviewedAt: null,
  createdAt: new Date(0),
  state: 'completed',
  jobVersion: 4,
  changedAt: new Date(0),
  seed: null,
  result: null,
  ...facts,
});
