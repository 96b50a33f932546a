import type { Issue } from '../errors.js';
import { parameterIssues, parameterPath } from '../models/parameters.js';
import type { Model } from '../models/model.js';
import type { ModelRegistry } from '../models/registry.js';
import { isScene, issuesOfSection, planScene } from './plan-scenes.js';
import type { SceneFrame } from './scene-request.js';
import type { Character, ScriptDefaults, Section } from './script.js';

/** Faults of the defaults: a model that makes no pictures, a parameter or value that no section's model could take. */
export function defaultsIssues(registry: ModelRegistry, { modelId, parameters }: ScriptDefaults): Issue[] {
  const model = modelId === undefined ? undefined : registry.find(modelId);
  const issues: Issue[] = [];
  if (modelId !== undefined && (model === undefined || model.mediaType === 'audio')) {
    const message = 'defaults.modelId must be the id of a model of video or image; GET /models lists them';
    issues.push({ path: 'defaults.modelId', message });
  }
  const models = model === undefined ? registry.list() : [model];
  return [...issues, ...Object.entries(parameters).flatMap((entry) => defaultIssue(models, ...entry))];
}

/** Faults of each section: characters that are not the user's, and all that keeps it from being generated. */
export function sectionsIssues(
  registry: ModelRegistry,
  script: SceneFrame & { userId: string },
  sections: Section[],
  characters: ReadonlyMap<string, Character>,
): Issue[] {
  return sections.flatMap((section, index) => {
    const strangers = section.characterIds.filter((id) => characters.get(id)?.userId !== script.userId);
    const message = `there is no character ${strangers.join(', ')} of user ${script.userId}`;
    const unknown = strangers.length > 0 ? [{ path: 'characters', message }] : [];
    const planned = planScene(registry, script, section, characters);
    return issuesOfSection([...unknown, ...(isScene(planned) ? [] : planned)], index);
  });
}

/** One issue a path: the first told stands. */
export function firstOfEach(issues: Issue[]): Issue[] {
  const paths = new Set<string>();
  return issues.filter(({ path }) => !paths.has(path) && paths.add(path));
}

function defaultIssue(models: Model[], name: string, value: unknown): Issue[] {
  if (name === 'prompt') {
    return [
      { path: 'defaults.parameters.prompt', message: 'each section has a prompt of its own: leave it out' },
    ];
  }
  const faults = models.map((model) => faultsOf(model, name, value));
  if (faults.some((found) => found.length === 0)) return [];
  if (faults.length === 1)
    return faults[0]!.map(({ path, message }) => ({ path: `defaults.${path}`, message }));
  const shown = name.slice(0, 64);
  return [
    {
      path: `defaults.parameters.${shown}`,
      message: `${shown} is a parameter, or a value, that no model takes`,
    },
  ];
}

function faultsOf(model: Model, name: string, value: unknown): Issue[] {
  const own = parameterPath(name.slice(0, 64));
  return parameterIssues(model, { [name]: value }).filter(
    ({ path }) => path === own || path.startsWith(`${own}[`) || path.startsWith(`${own}.`),
  );
}
