import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { isAdmin, refuseOtherUser, seenOwner, sees, type Caller } from '../../access/caller.js';
import { AppError } from '../../errors.js';
import { makeSecret } from '../signature.js';
import type { Delivery } from './delivery.js';
import { DeliveryLogRepository, type DeliveryPage } from './delivery-log.repository.js';
import type { Endpoint, EndpointChanges } from './endpoint.js';
import type { EndpointDraft } from './endpoint.request.js';
import { EndpointsRepository, MOST_ENDPOINTS, type EndpointPage } from './endpoints.repository.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An endpoint and the secret that is shown this once. */
export interface EndpointWithSecret {
  endpoint: Endpoint;
  secret: string;
}

/** The endpoints of callers, and the log of what those were sent. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly log: DeliveryLogRepository,
  ) {}

  /** An admin's hears of everybody's jobs. Throws `forbidden` for another user's, `conflict` when there are too many. */
  async create(manager: EntityManager, caller: Caller, draft: EndpointDraft): Promise<EndpointWithSecret> {
    const userId = draft.userId ?? caller.userId ?? null;
    if (userId !== null) refuseOtherUser(caller, userId);
    const secret = makeSecret();
    const endpoint = await this.endpoints.insert(manager, {
      ...{ endpointId: uuidv7(), owner: caller.owner, ofAllOwners: isAdmin(caller) },
      ...{ url: draft.url, events: draft.events, userId, secret },
    });
    if (endpoint) return { endpoint, secret };
    throw new AppError('conflict', `There are ${MOST_ENDPOINTS} endpoints already: delete one first`);
  }

  list(caller: Caller, page: Omit<EndpointPage, 'owner'>): Promise<Endpoint[]> {
    return this.endpoints.list({ ...page, owner: seenOwner(caller) });
  }

  /** Throws `not_found`, as all below do. */
  async find(caller: Caller, endpointId: string): Promise<Endpoint> {
    const found = UUID.test(endpointId) ? await this.endpoints.find(endpointId) : undefined;
    return found && sees(caller, found.owner) ? found : noSuchEndpoint();
  }

  /** Who is no admin any more may see and delete what tells of everybody's jobs, and no more: throws `forbidden`. */
  private async findToUse(caller: Caller, endpointId: string): Promise<Endpoint> {
    const endpoint = await this.find(caller, endpointId);
    if (endpoint.ofAllOwners && !isAdmin(caller))
      throw new AppError('forbidden', 'The endpoint hears of everybody’s jobs: this needs the scope admin');
    return endpoint;
  }

  async change(caller: Caller, endpointId: string, changes: EndpointChanges): Promise<Endpoint> {
    await this.findToUse(caller, endpointId);
    return (await this.endpoints.change(endpointId, changes)) ?? noSuchEndpoint();
  }

  async rotate(caller: Caller, endpointId: string): Promise<EndpointWithSecret> {
    await this.findToUse(caller, endpointId);
    const secret = makeSecret();
    const endpoint = (await this.endpoints.rotate(endpointId, secret)) ?? noSuchEndpoint();
    return { endpoint, secret };
  }

  async remove(caller: Caller, endpointId: string): Promise<void> {
    await this.find(caller, endpointId);
    await this.endpoints.remove(endpointId);
  }

  async deliveries(caller: Caller, endpointId: string, page: DeliveryPage): Promise<Delivery[]> {
    await this.find(caller, endpointId);
    return this.log.list(endpointId, page);
  }

  /** Has a delivery tried anew; throws `conflict` while the endpoint is disabled. */
  async replay(caller: Caller, endpointId: string, deliveryId: string): Promise<Delivery> {
    const endpoint = await this.findToUse(caller, endpointId);
    if (!UUID.test(deliveryId)) noSuchDelivery();
    refuseDisabled(endpoint);
    return (await this.log.replay(endpointId, deliveryId)) ?? noSuchDelivery();
  }

  /** Sends a test; throws `conflict` while the endpoint is disabled. */
  async test(caller: Caller, endpointId: string): Promise<Delivery> {
    refuseDisabled(await this.findToUse(caller, endpointId));
    return this.log.addTest(endpointId);
  }
}

function noSuchEndpoint(): never {
  throw new AppError('not_found', 'There is no such webhook endpoint');
}

function noSuchDelivery(): never {
  throw new AppError('not_found', 'There is no such delivery to this endpoint');
}

function refuseDisabled({ disabledAt }: Endpoint): void {
  if (disabledAt) throw new AppError('conflict', 'The endpoint is disabled: enable it first');
}
