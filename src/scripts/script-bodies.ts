import { statusOf } from '../jobs/job.js';
import type { CharacterDto } from './character.dto.js';
import type { GeneratedScriptDto, ReusedTakeDto, SceneJobDto } from './generate-script.dto.js';
import type { KnownSectionDto, ScriptDto } from './script.dto.js';
import type { Character, Script, Section, Take, WholeScript } from './script.js';
import { sum } from './script-estimate.js';
import type { GeneratedScript, MadeTake } from './script-generation.service.js';

export function scriptBody({ script, sections }: WholeScript): ScriptDto {
  return { ...summaryBody(script), sections: sections.map(sectionBody) };
}

export function summaryBody(script: Script) {
  return {
    scriptId: script.scriptId,
    userId: script.userId,
    title: script.title,
    seed: script.seed,
    defaults: script.defaults,
    version: script.version,
    createdAt: script.createdAt.toISOString(),
    updatedAt: script.updatedAt.toISOString(),
  };
}

/** As its author wrote it, so that it can be sent back changed. */
function sectionBody(section: Section): KnownSectionDto {
  const { characterIds: characters, ...written } = section;
  return { ...written, characters };
}

export function characterBody(character: Character): CharacterDto {
  const { characterId, userId, name, description, referenceImages, seed } = character;
  return {
    characterId,
    userId,
    name,
    description,
    referenceImages,
    seed,
    createdAt: character.createdAt.toISOString(),
    updatedAt: character.updatedAt.toISOString(),
  };
}

export function generatedBody({ made, reused }: GeneratedScript): GeneratedScriptDto {
  return {
    jobs: made.map(sceneJob),
    reused: reused.map(reusedTake),
    estimatedCost: sum(made.map(({ job }) => job.estimatedCost)),
  };
}

function sceneJob({ job, take }: MadeTake): SceneJobDto {
  return {
    jobId: job.jobId,
    videoId: take.videoId,
    sectionId: take.sectionId,
    take: take.take,
    status: 'pending',
    estimatedCost: Number(job.estimatedCost),
    estimatedTime: job.estimatedTimeSeconds,
    ...(job.warnings.length > 0 ? { warnings: job.warnings } : {}),
  };
}

function reusedTake({ sectionId, videoId, jobId, take, state }: Take): ReusedTakeDto {
  return { sectionId, videoId, jobId, take, status: statusOf(state) };
}
