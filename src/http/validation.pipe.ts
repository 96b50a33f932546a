import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { invalidParameters } from '../errors.js';
import { declaredFields, sortFields, valueIssues } from './validate-body.js';

/** Reads queries into their DTO classes; throws `invalid_parameters` with every fault at once. */
class DtoPipe implements PipeTransform {
  transform(values: unknown, { metatype }: ArgumentMetadata): unknown {
    const dto = metatype as (new () => object) | undefined;
    if (dto === undefined || declaredFields(dto).size === 0) return values;
    const { known, issues: unknown } = sortFields(dto, Object(values) as object);
    const read = plainToInstance(dto, known);
    const issues = [...valueIssues(read), ...unknown];
    if (issues.length > 0) throw invalidParameters(issues);
    return read;
  }
}

/** The pipe for every route: what is declared with a DTO class is checked against it. */
export function createValidationPipe(): PipeTransform {
  return new DtoPipe();
}
