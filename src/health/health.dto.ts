import { ApiProperty } from '@nestjs/swagger';

const UP_OR_DOWN = ['up', 'down'] as const;
export type UpOrDown = (typeof UP_OR_DOWN)[number];

export class LiveDto {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

export class ServicesDto {
  @ApiProperty({ enum: UP_OR_DOWN })
  postgres!: UpOrDown;

  @ApiProperty({ enum: UP_OR_DOWN })
  redis!: UpOrDown;

  @ApiProperty({ enum: UP_OR_DOWN })
  dynamodb!: UpOrDown;

  @ApiProperty({ enum: UP_OR_DOWN })
  s3!: UpOrDown;
}

export class ReadyDto {
  @ApiProperty({ enum: ['ok', 'unavailable'] })
  status!: 'ok' | 'unavailable';

  @ApiProperty({ type: ServicesDto })
  services!: ServicesDto;

  @ApiProperty({ type: [String], description: 'Names of the services that are down.' })
  down!: string[];
}
