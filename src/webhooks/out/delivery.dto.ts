import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../http/page-query.dto.js';
import { DELIVERY_STATUSES, type DeliveryStatus } from './delivery.js';
import { DELIVERED_EVENTS, type DeliveredEvent } from './event.js';

export class ListDeliveriesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES, { message: `status must be one of ${DELIVERY_STATUSES.join(', ')}` })
  status?: DeliveryStatus;

  @ApiPropertyOptional({ enum: DELIVERED_EVENTS })
  @IsOptional()
  @IsIn(DELIVERED_EVENTS, { message: `event must be one of ${DELIVERED_EVENTS.join(', ')}` })
  event?: DeliveredEvent;
}

/** One attempt at a delivery. */
export class DeliveryAttemptDto {
  @ApiProperty({ type: 'string', format: 'date-time' })
  at!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'What it was answered with, if it was.' })
  httpStatus!: number | null;

  @ApiProperty({ type: 'integer', description: 'Milliseconds.' })
  durationMs!: number;

  @ApiProperty({ type: 'string', nullable: true, description: 'The beginning of the answer’s body.' })
  response!: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'Why there was no answer.' })
  error!: string | null;
}

/** One event for one endpoint. */
export class DeliveryDto {
  @ApiProperty({ type: 'string', format: 'uuid', description: 'The `webhook-id` of each attempt.' })
  deliveryId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  endpointId!: string;

  @ApiProperty({ enum: DELIVERED_EVENTS })
  event!: DeliveredEvent;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  jobId!: string | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  compilationId!: string | null;

  @ApiProperty({ enum: DELIVERY_STATUSES })
  status!: DeliveryStatus;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  nextAttemptAt!: string | null;

  @ApiProperty({ type: [DeliveryAttemptDto], description: 'Oldest first, the newest 50 at most.' })
  attempts!: DeliveryAttemptDto[];
}

export class DeliveryListDto {
  @ApiProperty({ type: [DeliveryDto] })
  items!: DeliveryDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
