import { ApiProperty } from '@nestjs/swagger';

export class ReceivedDto {
  @ApiProperty({ enum: [true] })
  received!: true;
}
