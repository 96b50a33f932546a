import { v7 as uuidv7 } from 'uuid';
import { invalidParameters, type Issue } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import { issuesOfSection } from './plan-scenes.js';
import {
  CreateScriptDto,
  DefaultsDto,
  KnownSectionDto,
  MOST_SECTIONS,
  PatchScriptDto,
  ReplaceSectionsDto,
  SectionDto,
} from './script.dto.js';
import type { ScriptDefaults, WrittenSection } from './script.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What a body says, as far as it can be read, and its faults; those of models and characters are still to be found. */
export interface Draft<T> {
  value: T;
  issues: Issue[];
}

export interface ScriptDraft {
  userId: string;
  title: string;
  seed: number | null;
  defaults: ScriptDefaults;
  sections: WrittenSection[];
}

export type ScriptChanges = Partial<Pick<ScriptDraft, 'title' | 'seed' | 'defaults'>>;

/** A section whose author says which one it is. */
export interface SectionDraft {
  section: WrittenSection;
  isKnown: boolean;
}

export function readNewScript(body: unknown): Draft<ScriptDraft> {
  const issues = bodyIssues(CreateScriptDto, body);
  refuseUnreadable(issues, ['sections']);
  const { userId, title, seed, defaults, sections } = body as CreateScriptDto;
  const readDefaults = defaultsOf(defaults);
  const drafts = sectionDrafts(SectionDto, sections);
  return {
    value: {
      userId,
      title,
      seed: seed ?? null,
      defaults: readDefaults.value,
      sections: drafts.value.map(({ section }) => section),
    },
    issues: [...issues, ...readDefaults.issues, ...drafts.issues],
  };
}

export function readScriptChanges(body: unknown): Draft<ScriptChanges> {
  const issues = bodyIssues(PatchScriptDto, body);
  refuseUnreadable(issues, []);
  const { title, seed, defaults } = body as PatchScriptDto;
  const readDefaults = defaultsOf(defaults);
  return {
    value: {
      ...(title === undefined || title === null ? {} : { title }),
      ...(seed === undefined ? {} : { seed }),
      ...(defaults === undefined ? {} : { defaults: readDefaults.value }),
    },
    issues: [...issues, ...readDefaults.issues],
  };
}

/** The new sections of a script: `{"sections": […]}`, or the bare list. */
export function readSections(body: unknown): Draft<SectionDraft[]> {
  const given: unknown = Array.isArray(body) ? { sections: body } : body;
  const issues = bodyIssues(ReplaceSectionsDto, given);
  refuseUnreadable(issues, ['sections']);
  const drafts = sectionDrafts(KnownSectionDto, (given as ReplaceSectionsDto).sections);
  return { value: drafts.value, issues: [...issues, ...drafts.issues] };
}

/** Throws where nothing more can be read: the body, or a part of it, is of another shape. */
function refuseUnreadable(issues: Issue[], parts: string[]): void {
  if (issues.some(({ path }) => path === '' || parts.includes(path))) throw invalidParameters(issues);
}

function defaultsOf(given: unknown): Draft<ScriptDefaults> {
  if (!isRecord(given)) return { value: { parameters: {} }, issues: [] };
  const issues = bodyIssues(DefaultsDto, given).map(({ path, message }) => ({
    path: `defaults.${path}`,
    message,
  }));
  const { modelId, parameters } = given;
  return {
    value: {
      ...(typeof modelId === 'string' ? { modelId } : {}),
      parameters: isRecord(parameters) ? parameters : {},
    },
    issues,
  };
}

function sectionDrafts(dto: typeof SectionDto, given: unknown[]): Draft<SectionDraft[]> {
  if (given.length < 1 || given.length > MOST_SECTIONS) {
    const message = `sections must be a list of 1 to ${MOST_SECTIONS} sections`;
    throw invalidParameters([{ path: 'sections', message }]);
  }
  const shapeless = given.flatMap((section, index) => (isRecord(section) ? [] : noObject(index)));
  if (shapeless.length > 0) throw invalidParameters(shapeless);
  const issues = given.flatMap((section, index) => issuesOfSection(bodyIssues(dto, section), index));
  return { value: given.map((section) => sectionDraft(section as KnownSectionDto)), issues };
}

/** Of a value of another type, which is a fault told already, what the planner can bear. */
function sectionDraft(given: KnownSectionDto): SectionDraft {
  const isKnown = typeof given.sectionId === 'string' && UUID.test(given.sectionId);
  const characters: unknown[] = Array.isArray(given.characters) ? given.characters : [];
  const section = {
    sectionId: isKnown ? given.sectionId!.toLowerCase() : uuidv7(),
    title: given.title ?? null,
    narration: given.narration ?? null,
    prompt: typeof given.prompt === 'string' ? given.prompt.trim() || null : null,
    mediaType: (given.mediaType ?? null) as WrittenSection['mediaType'],
    modelId: typeof given.modelId === 'string' ? given.modelId : null,
    parameters: isRecord(given.parameters) ? given.parameters : {},
    characterIds: characters
      .filter((id): id is string => typeof id === 'string' && UUID.test(id))
      .map((id) => id.toLowerCase()),
  };
  return { section, isKnown };
}

function noObject(index: number): Issue {
  return { path: `sections[${index}]`, message: `sections[${index}] must be a JSON object` };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
