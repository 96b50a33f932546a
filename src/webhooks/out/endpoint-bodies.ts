import type { Delivery } from './delivery.js';
import type { DeliveryDto } from './delivery.dto.js';
import type { Endpoint } from './endpoint.js';
import type { EndpointDto, EndpointWithSecretDto } from './endpoint.dto.js';
import type { EndpointWithSecret } from './endpoints.service.js';

/** An endpoint as clients see it. */
export function endpointBody(endpoint: Endpoint): EndpointDto {
  const { endpointId, url, events, userId, disabledReason } = endpoint;
  return {
    ...{ endpointId, url, events, userId, enabled: endpoint.disabledAt === null, disabledReason },
    disabledAt: endpoint.disabledAt?.toISOString() ?? null,
    failingSince: endpoint.failingSince?.toISOString() ?? null,
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}

/** The same with its secret, for the one answer that shows it. */
export function secretBody({ endpoint, secret }: EndpointWithSecret): EndpointWithSecretDto {
  return Object.assign(endpointBody(endpoint), { secret });
}

/** A delivery as clients see it. */
export function deliveryBody(delivery: Delivery): DeliveryDto {
  const { deliveryId, endpointId, event, subjectId, status } = delivery;
  return {
    ...{ deliveryId, endpointId, event, status },
    jobId: event.startsWith('job.') ? subjectId : null,
    compilationId: event.startsWith('compilation.') ? subjectId : null,
    createdAt: delivery.createdAt.toISOString(),
    nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
    attempts: delivery.attempts.map(({ at, ...attempt }) => ({ at: at.toISOString(), ...attempt })),
  };
}
