import { matches } from '../models/json-schema.js';
import type { Model, Values } from '../models/model.js';
import type { GenerationRequest } from '../models/plan-generation.js';
import type { ModelRegistry } from '../models/registry.js';
import type { Character, Script, ScriptDefaults, Section, WrittenSection } from './script.js';

/** Parameters by which models take pictures of what to keep the same. */
const REFERENCE_PARAMETERS = ['reference_images', 'image_input'];
const MOST_REFERENCES = 3;

/** A prompt that the model rewrites for every scene lets the scenes drift apart. */
const SCENE_PARAMETERS: Values = { enable_prompt_expansion: false };

/** What of a script a scene depends on. */
export type SceneFrame = Pick<Script, 'seed' | 'defaults'>;

/** What is asked of the model for a section: the script's defaults, and the looks and seed of its cast, merged in. */
export function sceneRequest(
  registry: ModelRegistry,
  script: SceneFrame,
  section: Section,
  cast: readonly Character[],
): GenerationRequest {
  const { mediaType, prompt, parameters } = section;
  const modelId = section.modelId ?? script.defaults.modelId;
  const model = modelId === undefined ? undefined : registry.find(modelId);
  if (model === undefined) return { mediaType, modelId, ...given(prompt), parameters };
  const merged: Values = {
    ...fitting(SCENE_PARAMETERS, model),
    ...fitting(script.defaults.parameters, model),
    ...fitting(seedOf(script, cast), model),
    ...parameters,
  };
  return {
    mediaType,
    modelId,
    ...given(takes(model, 'prompt') ? castPrompt(prompt, cast) : prompt),
    parameters: { ...merged, ...references(model, merged, cast) },
  };
}

/** What a section does not say it makes, its model does; a section without a known model makes video. */
export function withMediaType(
  registry: ModelRegistry,
  defaults: ScriptDefaults,
  section: WrittenSection,
): Section {
  const modelId = section.modelId ?? defaults.modelId;
  const model = modelId === undefined ? undefined : registry.find(modelId);
  // That no section is made by a model of audio is told with the other faults.
  const ofModel = (model?.mediaType ?? 'video') as Section['mediaType'];
  return { ...section, mediaType: section.mediaType ?? ofModel };
}

/** The prompt with the description of each character on a line of its own. */
export function castPrompt(prompt: string | null, cast: readonly Character[]): string | null {
  if (prompt === null || cast.length === 0) return prompt;
  return [`${prompt}\n`, ...cast.map(({ name, description }) => `${name}: ${description}`)].join('\n');
}

/** Up to three pictures: the first of each character, then the second of each, and so on. */
export function castReferences(cast: readonly Character[]): string[] {
  const packs = cast.map(({ referenceImages }) => referenceImages);
  const longest = Math.max(0, ...packs.map((pack) => pack.length));
  const rounds = Array.from({ length: longest }, (_, round) => packs.flatMap((pack) => pack[round] ?? []));
  return [...new Set(rounds.flat())].slice(0, MOST_REFERENCES);
}

/** The parameters that the model takes with these very values. */
export function fitting(parameters: Values, model: Model): Values {
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([name, value]) => takes(model, name) && matches(model.parameters.properties[name]!, value),
    ),
  );
}

function takes(model: Model, name: string): boolean {
  return Object.hasOwn(model.parameters.properties, name);
}

function seedOf({ seed }: SceneFrame, cast: readonly Character[]): Values {
  const inherited = cast.find((character) => character.seed !== null)?.seed ?? seed;
  return inherited === null ? {} : { seed: inherited };
}

/** The section's own pictures first, then as many of its cast's as the model takes. */
function references(model: Model, parameters: Values, cast: readonly Character[]): Values {
  const name = REFERENCE_PARAMETERS.find((parameter) => takes(model, parameter));
  if (name === undefined) return {};
  const own = parameters[name] ?? [];
  if (!Array.isArray(own)) return {};
  const room = (model.parameters.properties[name]!.maxItems ?? Infinity) - own.length;
  const added = castReferences(cast).filter((url) => !own.includes(url));
  if (room <= 0 || added.length === 0) return {};
  return { [name]: [...(own as unknown[]), ...added.slice(0, room)] };
}

function given(prompt: string | null): { prompt?: string } {
  return prompt === null ? {} : { prompt };
}
