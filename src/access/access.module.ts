import { Module } from '@nestjs/common';
import { ApiKeysRepository } from './api-keys.repository.js';
import { Authenticator } from './authenticator.js';
import { KeyRing } from './key-ring.js';

const SERVICES = [ApiKeysRepository, Authenticator, KeyRing];

/** Who may do what. */
@Module({ providers: SERVICES, exports: SERVICES })
export class AccessModule {}
