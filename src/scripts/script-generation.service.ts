import { Injectable } from '@nestjs/common';
import { Big } from 'big.js';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { refuseOtherUser, type Caller } from '../access/caller.js';
import { GenerationLimits } from '../access/generation-limits.js';
import { invalidParameters, type RateLimit } from '../errors.js';
import { newJob } from '../jobs/generation-order.js';
import type { NewJob } from '../jobs/accepted-jobs.repository.js';
import { BudgetedJobs } from '../jobs/budgeted-jobs.js';
import { planGeneration } from '../models/plan-generation.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import type { Origin } from '../tracing/tracing.js';
import { planBatch, type TakeOrder } from './batch.js';
import { planScenes, type Scene } from './plan-scenes.js';
import type { Script, Take } from './script.js';
import { addTotals, estimateScenes, type ScriptEstimate, type Totals } from './script-estimate.js';
import { ScriptLookup } from './script-lookup.js';
import { TakesRepository, type NewTake } from './takes.repository.js';

/** Which sections to generate, all when left out, and how many good takes each shall have. */
export interface BatchWish {
  sectionIds: string[] | undefined;
  takes: number;
  /** The request that it comes by, if any. */
  origin?: Origin;
}

/** A job that was accepted with the take that it makes. */
export interface MadeTake {
  job: NewJob;
  take: NewTake;
}

export interface GeneratedScript {
  script: Script;
  /** What is left for more. */
  rateLimit: RateLimit;
  made: MadeTake[];
  reused: Take[];
  /** USD that the reused takes would cost now, an exact decimal as text. */
  reusedCost: string;
}

export interface SeriesEstimate extends Totals {
  scripts: ({ scriptId: string } & ScriptEstimate)[];
}

/** Prices scripts and has their scenes made. */
@Injectable()
export class ScriptGenerationService {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly takes: TakesRepository,
    private readonly jobs: BudgetedJobs,
    private readonly limits: GenerationLimits,
    private readonly registry: ModelRegistry,
  ) {}

  estimate(caller: Caller, scriptId: string): Promise<ScriptEstimate> {
    return this.database.transaction((manager) => this.estimateWithin(manager, caller, scriptId));
  }

  estimateSeries(caller: Caller, scriptIds: string[]): Promise<SeriesEstimate> {
    return this.database.transaction(async (manager) => {
      const scripts: SeriesEstimate['scripts'] = [];
      for (const scriptId of scriptIds)
        scripts.push({ scriptId, ...(await this.estimateWithin(manager, caller, scriptId)) });
      return { scripts, ...addTotals(scripts) };
    });
  }

  /**
   * Accepts the jobs that the wish lacks, with their takes, all or none; throws `rate_limited` or
   * `budget_exceeded`. The script stays locked until the transaction ends, so that of two requests at once the second finds the takes of the first.
   */
  async generate(
    manager: EntityManager,
    caller: Caller,
    scriptId: string,
    wish: BatchWish,
  ): Promise<GeneratedScript> {
    const whole = await this.lookup.whole(manager, caller, scriptId, 'FOR UPDATE');
    refuseOtherUser(caller, whole.script.userId);
    const scenes = chosen(planScenes(this.registry, whole), wish.sectionIds);
    const takes = await this.takes.ofScript(manager, whole.script.scriptId);
    const { orders, reused } = planBatch(scenes, takes, wish.takes);
    const rateLimit = await this.limits.take(caller, whole.script.userId, orders.length);
    const made = orders.map((order) => this.makeTake(whole.script, order, wish.origin));
    await this.jobs.acceptWithin(
      manager,
      made.map(({ job }) => job),
    );
    await this.takes.insertAll(
      manager,
      made.map(({ take }) => take),
    );
    return { script: whole.script, rateLimit, made, reused, reusedCost: costOf(scenes, reused) };
  }

  private async estimateWithin(
    manager: EntityManager,
    caller: Caller,
    scriptId: string,
  ): Promise<ScriptEstimate> {
    const whole = await this.lookup.whole(manager, caller, scriptId);
    const takes = await this.takes.ofScript(manager, whole.script.scriptId);
    return estimateScenes(planScenes(this.registry, whole), takes);
  }

  private makeTake(script: Script, { scene, take, seed }: TakeOrder, origin?: Origin): MadeTake {
    const { scriptId, owner, userId } = script;
    const jobId = uuidv7();
    const { sectionId } = scene.section;
    return {
      job: newJob(jobId, {
        owner,
        userId,
        plan: this.planOf(scene, seed),
        scriptId,
        ...(origin && { origin }),
      }),
      take: { videoId: uuidv7(), scriptId, sectionId, jobId, take, inputHash: scene.inputHash },
    };
  }

  private planOf({ plan, request }: Scene, seed: number | undefined) {
    if (seed === plan.parameters.seed) return plan;
    return planGeneration(this.registry, {
      ...request,
      parameters: { ...(request.parameters as object), seed },
    });
  }
}

function costOf(scenes: Scene[], takes: Take[]): string {
  const costs = new Map(scenes.map(({ section, plan }) => [section.sectionId, plan.estimatedCost]));
  return takes.reduce((sum, { sectionId }) => sum.plus(costs.get(sectionId) ?? 0), new Big(0)).toFixed();
}

/** The scenes of the given sections; throws `invalid_parameters` that names every id of none. */
function chosen(scenes: Scene[], sectionIds: string[] | undefined): Scene[] {
  if (sectionIds === undefined) return scenes;
  const known = new Set(scenes.map(({ section }) => section.sectionId));
  const issues = sectionIds.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `sectionIds[${index}]`, message: `the script has no section ${id}` }],
  );
  if (issues.length > 0) throw invalidParameters(issues);
  return scenes.filter(({ section }) => sectionIds.includes(section.sectionId));
}
