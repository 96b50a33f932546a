import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { refuseOtherUser, seenOwner, sees, type Caller } from '../access/caller.js';
import type { Issue } from '../errors.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import { CharactersRepository } from './characters.repository.js';
import { currentHashes, invalidScript } from './plan-scenes.js';
import { withMediaType } from './scene-request.js';
import type { Script, WholeScript, WrittenSection } from './script.js';
import { defaultsIssues, firstOfEach, sectionsIssues } from './script-faults.js';
import { ScriptLookup } from './script-lookup.js';
import type { Draft, ScriptChanges, ScriptDraft, SectionDraft } from './script.request.js';
import { ScriptsRepository, type PageOf } from './scripts.repository.js';
import { TakesRepository } from './takes.repository.js';

/**
 * Writes scripts. What is stored can be generated: every fault is told first, with the model's and the characters' in
 * view. A change that alters what a section is made of withdraws the approval of its takes, in the same transaction.
 */
@Injectable()
export class ScriptsService {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly scripts: ScriptsRepository,
    private readonly characters: CharactersRepository,
    private readonly takes: TakesRepository,
    private readonly registry: ModelRegistry,
  ) {}

  async create(
    manager: EntityManager,
    caller: Caller,
    { value, issues }: Draft<ScriptDraft>,
  ): Promise<WholeScript> {
    refuseOtherUser(caller, value.userId);
    const script = { scriptId: uuidv7(), owner: caller.owner, ...value };
    const sections = value.sections.map((section) => withMediaType(this.registry, value.defaults, section));
    const characters = await this.lockCharacters(manager, caller, sections);
    refuse([
      ...issues,
      ...defaultsIssues(this.registry, value.defaults),
      ...sectionsIssues(this.registry, value, sections, characters),
    ]);
    await this.scripts.insert(manager, script);
    await this.scripts.replaceSections(manager, script.scriptId, sections);
    return this.lookup.whole(manager, caller, script.scriptId);
  }

  find(caller: Caller, scriptId: string): Promise<WholeScript> {
    return this.database.transaction((manager) => this.lookup.whole(manager, caller, scriptId));
  }

  list(caller: Caller, page: Omit<PageOf, 'owner'>): Promise<Script[]> {
    const seen = { ...page, owner: seenOwner(caller) };
    return this.database.transaction((manager) => this.scripts.list(manager, seen));
  }

  change(caller: Caller, scriptId: string, { value, issues }: Draft<ScriptChanges>): Promise<WholeScript> {
    return this.database.transaction(async (manager) => {
      const before = await this.lookup.whole(manager, caller, scriptId, 'FOR UPDATE');
      const script = { ...before.script, ...value };
      const touchesScenes = value.seed !== undefined || value.defaults !== undefined;
      refuse([
        ...issues,
        ...defaultsIssues(this.registry, value.defaults ?? { parameters: {} }),
        ...(touchesScenes ? sectionsIssues(this.registry, script, before.sections, before.characters) : []),
      ]);
      return this.changed(manager, caller, script);
    });
  }

  replaceSections(
    caller: Caller,
    scriptId: string,
    { value, issues }: Draft<SectionDraft[]>,
  ): Promise<WholeScript> {
    return this.database.transaction(async (manager) => {
      const written = value.map(({ section }) => section);
      // Before the script's row, as a change of a character locks them.
      const characters = await this.lockCharacters(manager, caller, written);
      const { script, sections: before } = await this.lookup.whole(manager, caller, scriptId, 'FOR UPDATE');
      const sections = written.map((section) => withMediaType(this.registry, script.defaults, section));
      refuse([
        ...issues,
        ...strangerIssues(value, new Set(before.map(({ sectionId }) => sectionId))),
        ...sectionsIssues(this.registry, script, sections, characters),
      ]);
      await this.scripts.replaceSections(manager, script.scriptId, sections);
      return this.changed(manager, caller, script);
    });
  }

  remove(caller: Caller, scriptId: string): Promise<void> {
    return this.database.transaction(async (manager) => {
      const { scriptId: id } = await this.lookup.script(manager, caller, scriptId, 'FOR UPDATE');
      await this.scripts.remove(manager, id);
    });
  }

  private async changed(manager: EntityManager, caller: Caller, script: Script): Promise<WholeScript> {
    await this.scripts.update(manager, script);
    const whole = await this.lookup.whole(manager, caller, script.scriptId);
    await this.takes.withdrawStale(manager, script.scriptId, currentHashes(this.registry, whole));
    return whole;
  }

  /** The characters that sections name, those of others left out. */
  private async lockCharacters(manager: EntityManager, caller: Caller, sections: WrittenSection[]) {
    const named = [...new Set(sections.flatMap(({ characterIds }) => characterIds))];
    const found = await this.characters.findAll(manager, named, 'FOR SHARE');
    return new Map([...found].filter(([, { owner }]) => sees(caller, owner)));
  }
}

function refuse(issues: Issue[]): void {
  if (issues.length > 0) throw invalidScript(firstOfEach(issues));
}

/** Ids that are no section of the script, or stand twice. */
function strangerIssues(drafts: SectionDraft[], known: ReadonlySet<string>): Issue[] {
  const seen = new Set<string>();
  return drafts.flatMap(({ section: { sectionId }, isKnown }, index) => {
    if (!isKnown) return [];
    const path = `sections[${index}].sectionId`;
    if (seen.has(sectionId)) return [{ path, message: `sectionId ${sectionId} stands twice` }];
    seen.add(sectionId);
    if (known.has(sectionId)) return [];
    return [{ path, message: `the script has no section ${sectionId}: leave sectionId out to add one` }];
  });
}
