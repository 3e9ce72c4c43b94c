/**
 * `/v1/releases/:version/convergence`: how many data planes have a version, which have not, and why. What `holdfast publish --wait`
 * goes by. A data plane that is not connected is never counted as converged.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { compareVersions, formatVersion, type ConfigVersion } from '../../../shared/model/version.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Convergence } from '../../store/convergence-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, notFound, ok } from '../answer.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseVersion, showTime, showVersion } from './own-values.ts';
import { SELECTOR_HELP, selectorOf } from './parse-label-selector.ts';

const INCLUDED = ['all', 'connected'] as const;

export function convergenceRoutes(store: Pick<Store, 'convergence'>): readonly Route[] {
  return [
    gatewayRoute('/v1/releases/:version/convergence', {
      GET: ownOperation<GatewayRequest>()({
        permission: { on: 'releases', verb: 'read' },
        summary: 'Tell how many data planes have a version or a newer one; `newest` is that of the last committed change',
        query: [
          { name: 'selector', description: SELECTOR_HELP },
          { name: 'include', description: 'Of whom the shares are: `all` that are selected and not revoked (the default), or only those that are `connected`.' },
        ],
        handle: async (request) => {
          const selector = selectorOf(request.query);
          const included = parseIncluded(request.query);
          const version = versionOf(request);
          const found = await store.convergence.read(request.gateway, version, selector);
          return ok({ version: showVersion(version), selector: request.query.get('selector') ?? '', include: included, ...showConvergence(found, included) });
        },
      }),
    }),
  ];
}

/** Throws a not-found Refusal for what was never committed. */
function versionOf(request: GatewayRequest): ConfigVersion {
  const { head } = request.gateway;
  if (head.sequence === 0) throw notFound('nothing was ever written to this gateway, so it has no version');
  const text = param(request, 'version');
  const version = text === 'newest' ? head : parseVersion(text);
  if (version === undefined) throw notFound(`"${text}" is not a version; versions are like ${formatVersion(head)}, or "newest"`);
  if (version.sequence === 0 || version.epoch === 0 || compareVersions(version, head) > 0) throw notFound(`there is no version ${text}; that of the last change is ${formatVersion(head)}`);
  return version;
}

function parseIncluded(query: URLSearchParams): (typeof INCLUDED)[number] {
  const text = query.get('include') ?? 'all';
  const included = INCLUDED.find((known) => known === text);
  if (included === undefined) throw invalidQuery('options', 'include', `expected one of: ${INCLUDED.join(', ')}${didYouMean(text, INCLUDED)}`);
  return included;
}

function showConvergence(found: Convergence, included: (typeof INCLUDED)[number]): JsonObject {
  const { standings, release, timeToApplyMs } = found;
  const counted = included === 'all' ? found.selected : found.selected - standings.disconnected;
  return {
    // Null until the change is published, and when the release is not kept any more.
    release: release === undefined ? null : { version: showVersion(release.version), created_at: showTime(release.createdAt) },
    selected: found.selected,
    counted,
    applied: standings.applied,
    pending: standings.pending,
    rejected: standings.rejected,
    fell_back: standings['fell-back'],
    disconnected: standings.disconnected,
    quarantining: found.quarantining,
    refused_for_good: found.refusedForGood,
    applied_percent: counted === 0 ? null : Math.floor((standings.applied / counted) * 10_000) / 100,
    rejections: found.rejections.map(({ code, count, reasons }) => ({ code, count, reasons })),
    time_to_apply_ms: { ...timeToApplyMs },
    slowest: found.slowest.map(({ id, hostname, timeToApplyMs: ms }) => ({ id, hostname, time_to_apply_ms: ms })),
    outstanding: found.outstanding.map(({ id, hostname, standing, applied, code }) => ({ id, hostname, state: standing, applied_version: showVersion(applied), code })),
  };
}
