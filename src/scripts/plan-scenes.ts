import { AppError, type Issue } from '../errors.js';
import { fingerprintOf } from '../idempotency/idempotency-key.js';
import { planGeneration, type GenerationPlan, type GenerationRequest } from '../models/plan-generation.js';
import type { ModelRegistry } from '../models/registry.js';
import { sceneRequest, type SceneFrame } from './scene-request.js';
import type { Character, Section, WholeScript } from './script.js';

/** A section that can be generated. */
export interface Scene {
  section: Section;
  request: GenerationRequest;
  plan: GenerationPlan;
  inputHash: string;
}

/** Plans a section; its faults, with paths from the section on, when it cannot be generated. */
export function planScene(
  registry: ModelRegistry,
  frame: SceneFrame,
  section: Section,
  characters: ReadonlyMap<string, Character>,
): Scene | Issue[] {
  const cast = section.characterIds.flatMap((characterId) => characters.get(characterId) ?? []);
  const request = sceneRequest(registry, frame, section, cast);
  const own = ownIssues(section, request);
  try {
    const plan = planGeneration(registry, request);
    const issues = [...own, ...outputIssues(plan)];
    return issues.length > 0 ? issues : { section, request, plan, inputHash: inputHash(plan) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_parameters') throw error;
    const told = new Set(own.map(({ path }) => path));
    return [...own, ...error.issues.filter(({ path }) => !told.has(path)).map(explained(cast))];
  }
}

/** SHA-256 (hex) of all that decides a picture: model, version, and its parameters with prompt, references and seed. */
export function inputHash({ model, parameters }: GenerationPlan): string {
  return fingerprintOf({ modelId: model.modelId, version: model.version, parameters });
}

/** All scenes of a script; throws `invalid_parameters` with every fault of every section. */
export function planScenes(registry: ModelRegistry, whole: WholeScript): Scene[] {
  const planned = planEach(registry, whole);
  const issues = planned.flatMap((scene, index) => (isScene(scene) ? [] : issuesOfSection(scene, index)));
  if (issues.length > 0) throw invalidScript(issues);
  return planned.filter(isScene);
}

/** The hash of each section as it is now; a section that can no longer be generated has none. */
export function currentHashes(registry: ModelRegistry, whole: WholeScript): Map<string, string> {
  const scenes = planEach(registry, whole).filter(isScene);
  return new Map(scenes.map(({ section, inputHash: hash }) => [section.sectionId, hash]));
}

/** The issues with paths from the body's root on. */
export function issuesOfSection(issues: Issue[], index: number): Issue[] {
  return issues.map(({ path, message }) => ({
    path: path === '' ? `sections[${index}]` : `sections[${index}].${path}`,
    message,
  }));
}

/** One error of all faults, whose text says of each in a section which section it is in. */
export function invalidScript(issues: Issue[]): AppError {
  const texts = issues.map(({ path, message }) => {
    const section = /^sections\[\d+\]/.exec(path)?.[0];
    return section === undefined ? message : `${section}: ${message}`;
  });
  return new AppError('invalid_parameters', texts.join('; '), { issues });
}

function planEach(
  registry: ModelRegistry,
  { script, sections, characters }: WholeScript,
): (Scene | Issue[])[] {
  return sections.map((section) => planScene(registry, script, section, characters));
}

export function isScene(planned: Scene | Issue[]): planned is Scene {
  return !Array.isArray(planned);
}

function ownIssues({ parameters }: Section, { modelId, mediaType }: GenerationRequest): Issue[] {
  const issues: Issue[] = [];
  if (modelId === undefined) {
    issues.push({ path: 'modelId', message: 'modelId is missing: give it here or in defaults.modelId' });
  }
  if (mediaType === 'audio') {
    const message =
      'a section makes video or image: make music with POST /generate-media and pass its jobId as audio when compiling';
    issues.push({ path: 'mediaType', message });
  }
  if (Object.hasOwn(parameters, 'prompt')) {
    issues.push({ path: 'parameters.prompt', message: 'prompt stands beside the parameters: move it there' });
  }
  return issues;
}

function outputIssues({ outputs }: GenerationPlan): Issue[] {
  if (outputs === 1) return [];
  const message = 'a take is one file: leave num_outputs at 1 and ask for several takes';
  return [{ path: 'parameters.num_outputs', message }];
}

const explained = (cast: readonly Character[]) => (issue: Issue) =>
  issue.path === 'prompt' && cast.length > 0
    ? { ...issue, message: `${issue.message}; the descriptions of its characters are part of it` }
    : issue;
