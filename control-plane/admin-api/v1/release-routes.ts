/**
 * `/v1/releases`: what was published, by whom, and what each release changed, entity by entity.
 */
import type { EntityKind, JsonObject } from '../../../shared/model/definition.ts';
import { compareVersions, NO_VERSION, type ConfigVersion } from '../../../shared/model/version.ts';
import { canonicalJson } from '../../../shared/model/canonical-json.ts';
import { definitionOf } from '../../../shared/model/registry.ts';
import { decodeEntity } from '../../../shared/wire/entity-codec.ts';
import type { Change } from '../../store/change-reader.ts';
import type { ReleaseSummary } from '../../store/release-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, notFound, ok } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseVersion, showTime, showVersion } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();
/** Change rows read for one diff; more are counted as `truncated`. */
const MAX_CHANGES = 5000;

export function releaseRoutes(store: Pick<Store, 'releases'>): readonly Route[] {
  return [
    gatewayRoute('/v1/releases', {
      GET: operation({
        access: 'read',
        summary: 'List releases, newest first',
        query: [{ name: 'size', description: 'Releases per page, 1 to 1000; 100 where not given.' }, { name: 'offset', description: 'Where the page starts, as the page before said.' }],
        handle: async (request) => {
          const size = parsePageSize(request.query);
          const before = parseOffset(request.query);
          const found = await store.releases.list(request.gateway, { limit: size + 1, ...(before === undefined ? {} : { before }) });
          const page = found.slice(0, size);
          const last = page.at(-1);
          return pageAnswer(request, page.map(showRelease), found.length > size && last !== undefined ? `${last.version.epoch}.${last.version.sequence}` : undefined);
        },
      }),
    }),
    gatewayRoute('/v1/releases/:version', {
      GET: operation({
        access: 'read',
        summary: 'Read a release with what it changed',
        handle: async ({ gateway, ...request }) => {
          const version = parseVersion(param(request, 'version'));
          const release = version === undefined ? undefined : await findRelease(store, gateway, version);
          if (release === undefined) throw notFound();
          const changes = await store.releases.changesBetween(gateway, release.base ?? NO_VERSION, release.version, MAX_CHANGES + 1);
          return ok({ ...showRelease(release), changes: showChanges(changes.slice(0, MAX_CHANGES)), truncated: changes.length > MAX_CHANGES });
        },
      }),
    }),
  ];
}

async function findRelease(store: Pick<Store, 'releases'>, gateway: GatewayRequest['gateway'], version: ConfigVersion): Promise<ReleaseSummary | undefined> {
  const [release] = await store.releases.list(gateway, { limit: 1, before: { ...version, sequence: version.sequence + 1 } });
  return release !== undefined && compareVersions(release.version, version) === 0 ? release : undefined;
}

function parseOffset(query: URLSearchParams): ConfigVersion | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const version = parseVersion(text);
  if (version === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return version;
}

function showRelease(release: ReleaseSummary): JsonObject {
  return {
    version: showVersion(release.version),
    base_version: showVersion(release.base),
    author: release.author,
    created_at: showTime(release.createdAt),
    entity_count: release.entityCount,
    content_root: Buffer.from(release.contentRoot).toString('hex'),
  };
}

/** One entry for each entity that is different afterwards, in the order of the last change. */
function showChanges(changes: readonly Change[]): readonly JsonObject[] {
  const byEntity = new Map<string, { readonly first: Change; readonly last: Change }>();
  for (const change of changes) {
    const key = `${change.kind}/${change.id}`;
    const first = byEntity.get(key)?.first ?? change;
    byEntity.delete(key);
    byEntity.set(key, { first, last: change });
  }
  return [...byEntity.values()].flatMap(({ first, last }) => {
    const before = first.before === undefined ? null : decode(last.kind, first.before);
    const after = last.after === undefined ? null : decode(last.kind, last.after);
    if (before === null && after === null) return [];
    const op = before === null ? 'create' : after === null ? 'delete' : 'update';
    const digests = digestNames(last.kind);
    return [{
      op,
      kind: last.kind,
      id: last.id,
      before: withoutDigests(before, digests),
      after: withoutDigests(after, digests),
      changed: changedFields(before, after).map((name) => digests.get(name) ?? name),
      actor: last.actor,
      request_id: last.requestId,
      at: showTime(last.at),
      version: showVersion(last.version),
    }];
  });
}

function decode(kind: EntityKind, bytes: Uint8Array): JsonObject {
  return { ...decodeEntity(kind, bytes) };
}

/** A diff tells that a secret changed, by its field's name, and nothing of it (T2). */
function digestNames(kind: EntityKind): ReadonlyMap<string, string> {
  return new Map(definitionOf(kind).fields.filter((field) => field.secret === 'digest').map(({ name }) => [`${name}_digest`, name]));
}

function withoutDigests(entity: JsonObject | null, digests: ReadonlyMap<string, string>): JsonObject | null {
  return entity === null ? null : Object.fromEntries(Object.entries(entity).filter(([name]) => !digests.has(name)));
}

function changedFields(before: JsonObject | null, after: JsonObject | null): readonly string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const differs = (name: string): boolean => canonicalJson(before?.[name] ?? null) !== canonicalJson(after?.[name] ?? null);
  return [...names].filter((name) => name !== 'updated_at' && differs(name));
}
