import { METHOD_METADATA } from '@nestjs/common/constants';
import { ROUTE_SCOPES } from '../../../src/access/route-access.decorator.js';
import { ApiModule } from '../../../src/api.module.js';

type Controller = abstract new (...parts: never[]) => object;

const controllers = Reflect.getMetadata('controllers', ApiModule) as Controller[];

/** Every method of a controller that answers a route, with what the guard reads of it. */
const routes = controllers.flatMap((controller) =>
  Object.getOwnPropertyNames(controller.prototype)
    .map((name) => ({ name, handler: (controller.prototype as Record<string, unknown>)[name] as object }))
    .filter(({ handler }) => Reflect.hasMetadata(METHOD_METADATA, handler))
    .map(({ name, handler }): [string, unknown] => [
      `${controller.name}.${name}`,
      Reflect.getMetadata(ROUTE_SCOPES, handler) ?? Reflect.getMetadata(ROUTE_SCOPES, controller),
    ]),
);

describe('the routes', () => {
  it('are found', () => expect(routes.length).toBeGreaterThan(35));

  it.each(routes)('%s says which scope it needs, or that it is open', (_route, scopes) => {
    expect(scopes).toEqual(expect.any(Array));
  });

  it('are open in two rooms only', () => {
    const open = routes.filter(([, scopes]) => (scopes as string[]).length === 0).map(([route]) => route);
    expect(open.sort()).toEqual([
      'HealthController.live',
      'HealthController.ready',
      'ReplicateWebhookController.receive',
    ]);
  });
});
