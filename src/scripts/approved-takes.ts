import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { AppError, type Issue } from '../errors.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import { currentHashes } from './plan-scenes.js';
import type { Section, Take } from './script.js';
import { ScriptLookup } from './script-lookup.js';
import { TakesRepository } from './takes.repository.js';

/** The take that stands for a section in the film. */
export interface ApprovedTake {
  sectionId: string;
  /** From 0. */
  position: number;
  title: string | null;
  narration: string | null;
  mediaType: 'video' | 'image';
  videoId: string;
  jobId: string;
}

/** A script of which every section has an approved take. */
export interface ApprovedScript {
  scriptId: string;
  owner: string | null;
  userId: string;
  title: string;
  takes: ApprovedTake[];
}

/** What a film is made of. */
@Injectable()
export class ApprovedTakes {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly takes: TakesRepository,
    private readonly registry: ModelRegistry,
  ) {}

  /**
   * The script's current, approved takes in section order; throws `not_found`, or `conflict` that names every section
   * without one.
   */
  ofScript(caller: Caller, scriptId: string): Promise<ApprovedScript> {
    return this.database.transaction(async (manager) => {
      const whole = await this.lookup.whole(manager, caller, scriptId);
      const { script, sections } = whole;
      const hashes = currentHashes(this.registry, whole);
      const all = await this.takes.ofScript(manager, script.scriptId);
      const current = all.filter(({ sectionId, inputHash }) => hashes.get(sectionId) === inputHash);
      const approved = new Map(
        current.filter(({ approval }) => approval === 'approved').map((take) => [take.sectionId, take]),
      );
      const issues = sections.flatMap((section, position) => missingIssue(approved, section, position));
      if (issues.length > 0) throw withoutApproval(issues);
      const takes = sections.map((section, position) =>
        toApproved(section, position, approved.get(section.sectionId)!),
      );
      const { owner, userId, title } = script;
      return { scriptId: script.scriptId, owner, userId, title, takes };
    });
  }
}

function toApproved(section: Section, position: number, { videoId, jobId }: Take): ApprovedTake {
  const { sectionId, title, narration, mediaType } = section;
  return { sectionId, position, title, narration, mediaType, videoId, jobId };
}

function missingIssue(approved: Map<string, Take>, { sectionId }: Section, position: number): Issue[] {
  if (approved.has(sectionId)) return [];
  return [{ path: `sections[${position}]`, message: `section ${sectionId} has no approved, current take` }];
}

function withoutApproval(issues: Issue[]): AppError {
  return new AppError('conflict', issues.map(({ message }) => message).join('; '), { issues });
}
