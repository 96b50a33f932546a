import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Matches, ValidateBy } from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../../access/user-id.js';
import { IsText } from '../../http/is-text.js';
import { DISABLED_REASONS, type DisabledReason } from './endpoint.js';
import { EVENTS, type EventName } from './event.js';

const MOST_NAMED = 3;
const LONGEST_NAMED = 64;

const eventsProperty = {
  type: 'array',
  items: { type: 'string', enum: [...EVENTS] as string[] },
  minItems: 1,
} satisfies ApiPropertyOptions;
const urlProperty = {
  type: 'string',
  // No schema can say that an address is public, nor what the operator exempts.
  format: 'endpoint-url',
  minLength: 1,
  maxLength: 2048,
  example: 'https://studio.example/hooks/media',
} satisfies ApiPropertyOptions;
const URL_RULES =
  'https, on port 443 or one from 1024 on, at a public address, without user name, password and fragment.';

/** One or more of the events, each once; names those that there are not. */
function IsEvents(): PropertyDecorator {
  const validate = (events: unknown) =>
    Array.isArray(events) &&
    events.length > 0 &&
    unknownOf(events).length === 0 &&
    new Set(events).size === events.length;
  return ValidateBy({
    name: 'isEvents',
    validator: {
      validate,
      defaultMessage: (about) => {
        const unknown = Array.isArray(about?.value) ? unknownOf(about.value) : [];
        const named = unknown.length === 0 ? '' : `; unknown: ${unknown.slice(0, MOST_NAMED).join(', ')}`;
        return `events must be a list of one or more of ${EVENTS.join(', ')}, each once${named}`;
      },
    },
  });
}

function unknownOf(events: unknown[]): string[] {
  return events
    .filter((event) => !(EVENTS as readonly unknown[]).includes(event))
    .map((event) => (typeof event === 'string' ? event : JSON.stringify(event)).slice(0, LONGEST_NAMED));
}

/** An endpoint to be told of events. */
export class CreateEndpointDto {
  @ApiProperty({ ...urlProperty, description: URL_RULES })
  @IsText(1, 2048)
  url!: string;

  @ApiProperty({ ...eventsProperty, uniqueItems: true, example: ['job.completed', 'job.failed'] })
  @IsEvents()
  events!: EventName[];

  @ApiPropertyOptional({
    type: 'string',
    pattern: USER_ID.source,
    nullable: true,
    description: 'Narrows it to this user; that of a key bound to a user is always narrowed so.',
  })
  @IsOptional()
  @IsString({ message: 'userId must be text' })
  @Matches(USER_ID, USER_ID_RULE)
  userId?: string | null;
}

/** What to change; what is left out stays. */
export class PatchEndpointDto {
  @ApiPropertyOptional({ ...urlProperty, description: URL_RULES })
  @IsOptional()
  @IsText(1, 2048)
  url?: string | null;

  @ApiPropertyOptional({ ...eventsProperty, uniqueItems: true })
  @IsOptional()
  @IsEvents()
  events?: EventName[] | null;

  @ApiPropertyOptional({ type: 'boolean', description: 'True enables again, and forgets the failures.' })
  @IsOptional()
  @IsBoolean({ message: 'enabled must be true or false' })
  enabled?: boolean | null;
}

/** An endpoint without its secret. */
export class EndpointDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  endpointId!: string;

  @ApiProperty({ type: 'string' })
  url!: string;

  @ApiProperty(eventsProperty)
  events!: EventName[];

  @ApiProperty({ type: 'string', nullable: true })
  userId!: string | null;

  @ApiProperty({ type: 'boolean' })
  enabled!: boolean;

  @ApiProperty({
    enum: [...DISABLED_REASONS, null],
    nullable: true,
    description:
      'requested (PATCH), gone (it answered 410), failing (five days of nothing but failures), key_ended (the key that made it was revoked or has expired)',
  })
  disabledReason!: DisabledReason | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  disabledAt!: string | null;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Of the first failure since the last success.',
  })
  failingSince!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updatedAt!: string;
}

export class EndpointWithSecretDto extends EndpointDto {
  @ApiProperty({
    type: 'string',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'To verify what it is sent. It is shown this once.',
  })
  secret!: string;
}

export class EndpointListDto {
  @ApiProperty({ type: [EndpointDto] })
  items!: EndpointDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
