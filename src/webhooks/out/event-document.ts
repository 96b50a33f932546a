import { DELIVERED_EVENTS, TEST_EVENT, type DeliveredEvent } from './event.js';

const HEADERS: Record<string, string> = {
  'webhook-id': 'Of the delivery: the same in every attempt.',
  'webhook-timestamp': 'Unix seconds of the attempt.',
  'webhook-signature':
    'One or more `v1,<base64>`, apart by spaces: of `{id}.{timestamp}.{body}`, with each secret.',
};

/** OpenAPI's `webhooks`: what endpoints are sent, an operation an event. */
export function eventDocument(): Record<string, object> {
  return Object.fromEntries(DELIVERED_EVENTS.map((event) => [event, { post: operationOf(event) }]));
}

function operationOf(event: DeliveredEvent): object {
  return {
    operationId: `receive-${event}`,
    summary: `What an endpoint is sent as ${event}`,
    tags: ['webhook endpoints'],
    security: [],
    parameters: Object.entries(HEADERS).map(([name, description]) => ({
      ...{ name, in: 'header', required: true, description, schema: { type: 'string' } },
    })),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: messageOf(event) } },
    },
    responses: {
      '2XX': { description: 'Taken, within 15 seconds; any other answer has it sent again later' },
      '410': { description: 'Send nothing more: the endpoint is disabled' },
    },
  };
}

function messageOf(event: DeliveredEvent): object {
  return {
    type: 'object',
    required: ['type', 'timestamp', 'data'],
    properties: {
      type: { const: event },
      timestamp: { type: 'string', format: 'date-time', description: 'When it happened.' },
      data: dataOf(event),
    },
  };
}

function dataOf(event: DeliveredEvent): object {
  if (event === TEST_EVENT) {
    const properties = { endpointId: { type: 'string', format: 'uuid' } };
    return { type: 'object', required: ['endpointId'], properties };
  }
  return { $ref: `#/components/schemas/${event.startsWith('job.') ? 'StatusDto' : 'CompilationDto'}` };
}
