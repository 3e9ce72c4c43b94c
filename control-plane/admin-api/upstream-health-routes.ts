/**
 * Health of upstreams and the switches of their targets, by Kong's paths: `/upstreams/{u}/health`,
 * `/upstreams/{u}/targets/{t}[/{address}]/healthy|unhealthy`. Health comes from the data planes' reports; a switch is a write to
 * the target that is published like any other, so that it reaches data planes that are away now, too.
 */
import { isIP } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import type { Entity, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import { parseEntityCursor, type EntityReader, type StoredEntity } from '../store/entity-reader.ts';
import { buildEntityRecord, readEntity } from '../store/entity-record.ts';
import { withOperational } from '../store/operational-fields.ts';
import type { Store } from '../store/store.ts';
import { invalidQuery, NO_CONTENT, notFound, ok, schemaViolation, type Answer } from './answer.ts';
import { EntityCollection, type EntityRules, type Parent } from './entity-collection.ts';
import { EntityTransactions, type EntityStore } from './entity-transactions.ts';
import { MAX_PAGE_SIZE, pageAnswer, parsePageSize } from './list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Operation, type Route } from './route.ts';
import { refuseProblem } from './store-refusal.ts';
import { balancerHealth, targetWithHealth } from './target-health.ts';
import { ownOperation } from './v1/own-operation.ts';

export interface UpstreamHealthOptions extends EntityRules {
  readonly store: EntityStore & Pick<Store, 'health'>;
  readonly clock: Clock;
}

type SwitchedTo = 'healthy' | 'unhealthy';

/** Targets of one upstream that its own health is worked out from. */
const MOST_TARGETS = 10_000;
/** Switches of single addresses of one target: the last ones. */
const MOST_ADDRESSES = 64;
const TARGETS = definitionOf('targets');

const operation = ownOperation<GatewayRequest>();

export function upstreamHealthRoutes(options: UpstreamHealthOptions): readonly Route[] {
  const desk = new UpstreamHealth(options);
  const switchTo = (health: SwitchedTo, what: string): Operation<GatewayRequest> => operation({
    permission: { on: 'targets', verb: 'switch' },
    summary: `Have all data planes take ${what} as ${health}, until health checks show something else`,
    success: 204,
    handle: (request) => desk.switch(request, health),
  });
  const switches = (health: SwitchedTo): readonly Route[] => [
    gatewayRoute(`/upstreams/:parent/targets/:id/${health}`, { PUT: switchTo(health, 'a target') }),
    gatewayRoute(`/upstreams/:parent/targets/:id/:address/${health}`, { PUT: switchTo(health, 'one address of a target') }),
  ];
  return [
    gatewayRoute('/upstreams/:parent/health', {
      GET: operation({
        permission: { on: 'targets', verb: 'read' },
        summary: 'Read how the targets of an upstream are, as the connected data planes see them',
        query: [
          { name: 'balancer_health', description: '1: only whether enough of the upstream takes requests.' },
          { name: 'size', description: 'Targets per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: (request) => (request.query.get('balancer_health') === '1' ? desk.ofUpstream(request) : desk.ofTargets(request)),
      }),
    }),
    ...switches('healthy'),
    ...switches('unhealthy'),
  ];
}

class UpstreamHealth {
  readonly #store: UpstreamHealthOptions['store'];
  readonly #transactions: EntityTransactions;
  readonly #clock: Clock;
  readonly #upstreams: EntityCollection;
  readonly #targets: EntityCollection;

  constructor(options: UpstreamHealthOptions) {
    this.#store = options.store;
    this.#transactions = new EntityTransactions(options.store);
    this.#clock = options.clock;
    this.#upstreams = new EntityCollection(definitionOf('upstreams'), options);
    this.#targets = new EntityCollection(TARGETS, options);
  }

  async ofTargets(request: GatewayRequest): Promise<Answer> {
    const offset = request.query.get('offset');
    const after = offset === null ? undefined : parseEntityCursor(offset);
    if (offset !== null && after === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
    const { upstream, page } = await this.#transactions.read(request, async (reader) => {
      const found = await this.#upstream(reader, request);
      return { upstream: found, page: await reader.list('targets', { size: parsePageSize(request.query), reference: parentOf(found), ...(after === undefined ? {} : { after }) }) };
    });
    const seen = await this.#store.health.ofTargets(request.gateway, page.entities.map(({ id }) => id));
    const shown = readEntity(definitionOf('upstreams'), upstream, undefined);
    return pageAnswer(request, page.entities.map((target) => targetWithHealth(shown, shownTarget(target), seen)), page.next);
  }

  async ofUpstream(request: GatewayRequest): Promise<Answer> {
    const { upstream, targets } = await this.#transactions.read(request, async (reader) => {
      const found = await this.#upstream(reader, request);
      const all: StoredEntity[] = [];
      let page = await reader.list('targets', { size: MAX_PAGE_SIZE, reference: parentOf(found) });
      for (all.push(...page.entities); page.next !== undefined && all.length < MOST_TARGETS; all.push(...page.entities)) page = await reader.list('targets', { size: MAX_PAGE_SIZE, reference: parentOf(found), after: page.next });
      return { upstream: found, targets: all };
    });
    const seen = await this.#store.health.ofTargets(request.gateway, targets.map(({ id }) => id));
    const health = balancerHealth(readEntity(definitionOf('upstreams'), upstream, undefined), targets.map(shownTarget), seen);
    return ok({ data: { id: upstream.id, health, data_planes: { connected: seen.connected, reporting: seen.reporting } }, next: null });
  }

  async switch(request: GatewayRequest, health: SwitchedTo): Promise<Answer> {
    const address = request.params['address'] === undefined ? null : parseAddress(param(request, 'address'));
    return this.#transactions.write(request, async (writer, secrets) => {
      const upstream = await this.#upstream(writer, request);
      const target = await this.#targets.findForUpdate(writer, param(request, 'id'), parentOf(upstream));
      if (target === undefined || (address !== null && !mayHave(target, address))) throw notFound();
      const switches = nextSwitches(target.published['switches'], address, health, this.#clock.nowMs());
      const problem = await writer.switch(withOperational(buildEntityRecord(TARGETS, readEntity(TARGETS, target, secrets), secrets), { switches }));
      if (problem !== undefined) throw refuseProblem(problem, 'targets');
      return NO_CONTENT;
    });
  }

  async #upstream(reader: EntityReader, request: GatewayRequest): Promise<StoredEntity> {
    const upstream = await this.#upstreams.find(reader, param(request, 'parent'), undefined);
    if (upstream === undefined) throw notFound();
    return upstream;
  }
}

/**
 * One of the whole target takes the place of all before. Each is later than those before it, whatever the clock says, because data
 * planes carry out what is later than what they know.
 */
function nextSwitches(before: JsonValue | undefined, address: string | null, health: SwitchedTo, nowMs: number): readonly JsonObject[] {
  const earlier = Array.isArray(before) ? before.filter((one: JsonValue) => isJsonObject(one)) : [];
  const at = Math.max(nowMs, ...earlier.map((one) => Number(one['at']) + 1));
  const kept = address === null ? [] : earlier.filter((one) => one['address'] !== address);
  const whole = kept.filter((one) => one['address'] === null);
  const single = kept.filter((one) => one['address'] !== null).slice(-(MOST_ADDRESSES - 1));
  return [...whole, ...single, { address, health, at }];
}

function parentOf({ id }: StoredEntity): Parent {
  return { field: 'upstream', id };
}

function shownTarget(stored: StoredEntity): Entity {
  return readEntity(TARGETS, stored, undefined);
}

/** Kong takes the port of the address with it; a target has only one. */
function parseAddress(text: string): string {
  const host = isIP(text) === 0 ? (splitPort(text)?.host ?? text) : text;
  if (isIP(host) === 0) throw schemaViolation([{ field: 'address', message: 'must be an IP address of the target, as /upstreams/{upstream}/health lists them' }]);
  return host;
}

/** What the addresses of a name are, only data planes know. */
function mayHave(target: StoredEntity, address: string): boolean {
  const { target: text } = target.published;
  const host = typeof text === 'string' ? (splitPort(text)?.host ?? '') : '';
  return isIP(host) === 0 || host === address;
}
