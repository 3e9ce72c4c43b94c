/**
 * `/v1/releases`: what was published and by whom, the difference between any two releases, and the way back to one.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { parseId, type EntityId } from '../../../shared/model/ids.ts';
import { formatVersion, NO_VERSION, type ConfigVersion } from '../../../shared/model/version.ts';
import type { Difference, ReleaseSummary } from '../../store/release-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, notFound, ok, type Answer } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseVersion, showTime, showVersion } from './own-values.ts';
import { describeDifference, differenceAsText, showDifference, type EntityDifference } from './release-diff.ts';
import { rollbackRoutes } from './rollback-routes.ts';

const operation = ownOperation<GatewayRequest>();
/** Entities shown of one release; more are told of as `truncated`. */
const MAX_ENTITIES = 1000;
/** Instead of a release: what is written now. */
const CURRENT = 'current';

type Releases = Pick<Store, 'releases' | 'rollBack'>;

export function releaseRoutes(store: Releases): readonly Route[] {
  return [
    gatewayRoute('/v1/releases', {
      GET: operation({
        permission: { on: 'releases', verb: 'read' },
        summary: 'List releases, newest first',
        query: [{ name: 'size', description: 'Releases per page, 1 to 1000; 100 where not given.' }, { name: 'offset', description: 'Where the page starts, as the page before said.' }],
        handle: async (request) => {
          const size = parsePageSize(request.query);
          const before = parseReleaseOffset(request.query);
          const found = await store.releases.list(request.gateway, { limit: size + 1, ...(before === undefined ? {} : { before }) });
          const page = found.slice(0, size);
          const last = page.at(-1);
          return pageAnswer(request, page.map(showRelease), found.length > size && last !== undefined ? formatVersion(last.version) : undefined);
        },
      }),
    }),
    gatewayRoute('/v1/releases/:version', {
      GET: operation({
        permission: { on: 'releases', verb: 'read' },
        summary: 'Read a release with what it changed',
        handle: async ({ gateway, ...request }) => {
          const release = await find(store, gateway, param(request, 'version'));
          const found = await store.releases.differences(gateway, release.base ?? NO_VERSION, release.version, { limit: MAX_ENTITIES + 1 });
          return ok({ ...showRelease(release), changes: describeAll(gateway, found.slice(0, MAX_ENTITIES)).map(showChange), truncated: found.length > MAX_ENTITIES });
        },
      }),
    }),
    gatewayRoute('/v1/releases/:version/diff', {
      GET: operation({
        permission: { on: 'releases', verb: 'read' },
        summary: 'Compare two releases, entity by entity and field by field',
        query: [
          { name: 'from', description: 'The release to compare with, or `current` for what is written now; the release that it follows where not given. The path may say `current` too.' },
          { name: 'format', description: '`json`, or `text` for people, as `Accept: text/plain` asks for too.' },
          { name: 'size', description: 'Entities per page, 1 to 1000; 100 where not given. A page may hold fewer: entities that are as they were take room too.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: (request) => compareReleases(store, request),
      }),
    }),
    ...rollbackRoutes(store),
  ];
}

async function compareReleases(store: Releases, request: GatewayRequest): Promise<Answer> {
  const { gateway, query } = request;
  const format = query.get('format') ?? (request.headers.accept?.startsWith('text/plain') === true ? 'text' : 'json');
  if (format !== 'json' && format !== 'text') throw invalidQuery('options', 'format', 'must be json or text');
  const size = parsePageSize(query);
  const behind = parseEntityOffset(query);
  const to = await resolve(store, request, param(request, 'version'));
  const from = query.has('from') ? (await resolve(store, request, query.get('from') ?? '')).version : to.base;
  const found = await store.releases.differences(gateway, from, to.version, { limit: size + 1, ...(behind === undefined ? {} : { behind }) });
  const page = found.slice(0, size);
  const last = page.at(-1);
  const offset = found.length > size && last !== undefined ? Buffer.from(`${last.kind} ${last.id}`, 'utf8').toString('base64url') : undefined;
  const entities = describeAll(gateway, page);
  if (format === 'text') return { status: 200, text: asText(from, to.version, entities, offset) };
  const { body = null } = pageAnswer(request, entities.map(showDifference), offset);
  return ok({ from: showVersion(from), to: showVersion(to.version), ...(isJsonObject(body) ? body : {}) });
}

function asText(from: ConfigVersion, to: ConfigVersion, entities: readonly EntityDifference[], offset: string | undefined): string {
  const count = (op: EntityDifference['op']): number => entities.filter((entity) => entity.op === op).length;
  const title = `from ${formatVersion(from)} to ${formatVersion(to)}: ${count('create')} created, ${count('update')} updated, ${count('delete')} deleted${offset === undefined ? '' : ' on this page'}`;
  return `${[title, ...entities.map(differenceAsText), ...(offset === undefined ? [] : [`… and more: offset=${offset}`])].join('\n')}\n`;
}

function describeAll({ access }: GatewayRequest['gateway'], found: readonly Difference[]): readonly EntityDifference[] {
  return found.flatMap((difference) => describeDifference(difference, access) ?? []);
}

/** A release or `current`, with what it is compared with where nothing else is said. */
async function resolve(store: Releases, { gateway }: GatewayRequest, text: string): Promise<{ readonly version: ConfigVersion; readonly base: ConfigVersion }> {
  if (text !== CURRENT) {
    const release = await find(store, gateway, text);
    return { version: release.version, base: release.base ?? NO_VERSION };
  }
  const [newest] = await store.releases.list(gateway, { limit: 1 });
  return { version: gateway.head, base: newest?.version ?? NO_VERSION };
}

async function find(store: Releases, gateway: GatewayRequest['gateway'], text: string): Promise<ReleaseSummary> {
  const version = parseVersion(text);
  const release = version === undefined ? undefined : await store.releases.find(gateway, version);
  if (release === undefined) throw notFound();
  return release;
}

function parseReleaseOffset(query: URLSearchParams): ConfigVersion | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const version = parseVersion(text);
  if (version === undefined) throw invalidOffset();
  return version;
}

function parseEntityOffset(query: URLSearchParams): { readonly kind: string; readonly id: EntityId } | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const [, kind, word = ''] = /^([a-z][a-z0-9_]{0,63}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  const id = parseId<EntityId>(word);
  if (kind === undefined || id === undefined) throw invalidOffset();
  return { kind, id };
}

function invalidOffset(): Error {
  return invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
}

function showRelease(release: ReleaseSummary): JsonObject {
  const counts = Object.entries(release.changeCounts ?? {}).map(([kind, [created, updated, deleted]]) => [kind, { created, updated, deleted }] as const);
  return {
    version: showVersion(release.version),
    base_version: showVersion(release.base),
    author: release.author,
    created_at: showTime(release.createdAt),
    entity_count: release.entityCount,
    content_root: Buffer.from(release.contentRoot).toString('hex'),
    change_counts: release.changeCounts === undefined ? null : Object.fromEntries(counts),
  };
}

function showChange(difference: EntityDifference): JsonObject {
  const changed = [...new Set(difference.fields.map(({ field }) => field.split('.', 1)[0] ?? field))];
  return { ...showDifference(difference), before: difference.before, after: difference.after, changed };
}
