import { Injectable } from '@nestjs/common';
import { MediaAddresses } from '../storage/media-addresses.js';
import type { Compilation } from './compilation.js';
import type { CompilationDto, CompilationAnswerDto, CompilePlanAnswerDto } from './compilation.dto.js';
import type { FilmOrder } from './film-order.js';
import { filmSeconds, type CompilePlan } from './plan.js';

/** Shows compilations as clients see them. */
@Injectable()
export class CompilationBodies {
  constructor(private readonly addresses: MediaAddresses) {}

  async of(compilation: Compilation): Promise<CompilationAnswerDto> {
    return {
      success: !['failed', 'canceled'].includes(compilation.state),
      data: await this.data(compilation),
    };
  }

  /** The plan of a film that is not made. */
  planOf({ scriptId, plan }: FilmOrder): CompilePlanAnswerDto {
    return {
      success: true,
      data: { scriptId, ...shownPlan(plan), mediaDurationSeconds: seconds(plan), dryRun: true },
    };
  }

  private async data(compilation: Compilation): Promise<CompilationDto> {
    const { compilationId, scriptId, userId, state, percent, options, plan, film, error } = compilation;
    const { createdAt, updatedAt, startedAt, completedAt } = compilation;
    return {
      ...{ compilationId, scriptId, userId, status: state, percent, outputFormat: options.outputFormat },
      compiledVideoUrl: film ? await this.addresses.url(film.objectKey) : null,
      fileSize: film?.bytes ?? null,
      sha256: film?.sha256 ?? null,
      duration: film && completedAt && startedAt ? completedAt.getTime() - startedAt.getTime() : null,
      mediaDurationSeconds: seconds(plan),
      ...shownPlan(plan),
      verification: film?.verification ?? null,
      ...(film && { metadataUrl: await this.addresses.url(film.metadataKey) }),
      ...(film?.captions && {
        captions: {
          srtUrl: await this.addresses.url(film.captions.srt),
          vttUrl: await this.addresses.url(film.captions.vtt),
        },
      }),
      ...(error && { error: { code: error.code, message: error.message } }),
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      ...(completedAt && { completedAt: completedAt.toISOString() }),
    };
  }
}

function shownPlan({ clips, strategy }: CompilePlan) {
  return {
    videoCount: clips.length,
    strategy,
    plan: clips.map(({ videoId, action, reason }) => ({ videoId, action, reason })),
  };
}

function seconds(plan: CompilePlan): number {
  return Math.round(filmSeconds(plan) * 1e3) / 1e3;
}
