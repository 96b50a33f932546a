import { Module } from '@nestjs/common';
import { ApiKeysRepository } from './api-keys.repository.js';
import { Authenticator } from './authenticator.js';
import { BearerTokens } from './bearer-tokens.js';
import { FailedAttempts } from './failed-attempts.js';
import { GenerationLimits } from './generation-limits.js';
import { KeyRing } from './key-ring.js';
import { RateLimiter } from './rate-limiter.js';

const SERVICES = [
  ApiKeysRepository,
  Authenticator,
  BearerTokens,
  FailedAttempts,
  GenerationLimits,
  KeyRing,
  RateLimiter,
];

/** Who may do what. */
@Module({ providers: SERVICES, exports: SERVICES })
export class AccessModule {}
