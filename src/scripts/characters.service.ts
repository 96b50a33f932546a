import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { refuseOtherUser, seenOwner, type Caller } from '../access/caller.js';
import { AppError, type Issue } from '../errors.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import type { CharacterChanges, CharacterDraft } from './character.request.js';
import { CharactersRepository } from './characters.repository.js';
import { currentHashes } from './plan-scenes.js';
import type { Character, Script } from './script.js';
import { sectionsIssues } from './script-faults.js';
import { ScriptLookup } from './script-lookup.js';
import { ScriptsRepository, type PageOf } from './scripts.repository.js';
import { TakesRepository } from './takes.repository.js';

/** Writes characters. One that sections name changes only as those sections can bear, and cannot be deleted. */
@Injectable()
export class CharactersService {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly characters: CharactersRepository,
    private readonly scripts: ScriptsRepository,
    private readonly takes: TakesRepository,
    private readonly registry: ModelRegistry,
  ) {}

  async create(manager: EntityManager, caller: Caller, draft: CharacterDraft): Promise<Character> {
    refuseOtherUser(caller, draft.userId);
    const characterId = uuidv7();
    await this.characters.insert(manager, { characterId, owner: caller.owner, ...draft });
    return this.lookup.character(manager, caller, characterId);
  }

  find(caller: Caller, characterId: string): Promise<Character> {
    return this.database.transaction((manager) => this.lookup.character(manager, caller, characterId));
  }

  list(caller: Caller, page: Omit<PageOf, 'owner'>): Promise<Character[]> {
    const seen = { ...page, owner: seenOwner(caller) };
    return this.database.transaction((manager) => this.characters.list(manager, seen));
  }

  /** Throws `conflict` that names every section which could no longer be generated. */
  change(caller: Caller, characterId: string, changes: CharacterChanges): Promise<Character> {
    return this.database.transaction(async (manager) => {
      const before = await this.lookup.character(manager, caller, characterId, 'FOR UPDATE');
      const scripts = await this.scripts.lockNaming(manager, before.characterId);
      await this.characters.update(manager, { ...before, ...changes });
      const issues: Issue[] = [];
      for (const script of scripts) issues.push(...(await this.settle(manager, script)));
      if (issues.length > 0) throw stillNeeded(issues);
      return this.lookup.character(manager, caller, characterId);
    });
  }

  /** Throws `conflict` that names the scripts whose sections name the character. */
  remove(caller: Caller, characterId: string): Promise<void> {
    return this.database.transaction(async (manager) => {
      const { characterId: id } = await this.lookup.character(manager, caller, characterId, 'FOR UPDATE');
      const scripts = await this.scripts.lockNaming(manager, id);
      if (scripts.length > 0) {
        const named = scripts.map(({ scriptId }) => scriptId).join(', ');
        throw new AppError(
          'conflict',
          `Sections of the scripts ${named} name the character: change them first`,
        );
      }
      await this.characters.remove(manager, id);
    });
  }

  /** Withdraws what a script's sections no longer stand for; returns what keeps them from being generated. */
  private async settle(manager: EntityManager, script: Script): Promise<Issue[]> {
    const whole = await this.lookup.complete(manager, script);
    await this.takes.withdrawStale(manager, script.scriptId, currentHashes(this.registry, whole));
    const issues = sectionsIssues(this.registry, script, whole.sections, whole.characters);
    return issues.map(({ path, message }) => ({ path: `scripts.${script.scriptId}.${path}`, message }));
  }
}

function stillNeeded(issues: Issue[]): AppError {
  const told = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new AppError('conflict', `Sections that name the character could no longer be generated: ${told}`, {
    issues,
  });
}
