/**
 * From verified entities to what serves: applies a snapshot or a delta on top of the configuration before it and makes
 * the next one, at the cost of the change. A generator that pauses after each small piece of work, so that a proxy thread
 * compiles in slices between requests (`runInSlices`). What cannot be used is quarantined with what depends on it; what
 * cannot be isolated refuses the whole, and the base serves on (S6).
 */
import { describeThrown } from '../../shared/errors.ts';
import type { EntityKind } from '../../shared/model/definition.ts';
import { definitionOf, entityKinds, isEntityKind } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import { ContentSeal, type ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { deriveLookupKey } from '../../shared/trust/credential-digest.ts';
import { Router, type RouterDraft } from '../router/router.ts';
import { StreamRouter, type StreamRouterDraft } from '../router/stream-router.ts';
import { TablesCertificateBook } from './certificate-book.ts';
import type { CompileResult, CompileServices, ConfigChange, EntityChange, Quarantined } from './compile-contract.ts';
import { CompiledConfig, type ConfigParts } from './compiled-config.ts';
import { EMPTY_TABLES, referencesOf, TablesDraft, type ConfigTables, type Published } from './config-tables.ts';
import { Identities } from './identities.ts';
import { openCertificate, problemOfAuthority, type OpenedCertificate } from './opened-certificates.ts';
import { PersistentMap, type MapDraft } from './persistent-map.ts';
import { HeldPlugin, PluginSet, STREAM_PROTOCOLS } from './plugin-instances.ts';
import { contradictionReason, guardsInVain, pluginsNaming, speaksHttp } from './plugin-chains.ts';
import { findContradictions, pluginsWithOrdering } from './plugin-contradictions.ts';
import { QuarantineList, type QuarantineDraft } from './quarantine.ts';
import { addressOf, RuntimeRoutes } from './runtime-routes.ts';
import { NO_VAULTED, VaultedDraft } from './vaulted-entities.ts';

/**
 * Leaving one of these out could open what it closes, or send requests to the wrong place. One that cannot be read whole stays
 * with what of it can, so that what it is about is closed; one of which that is not known refuses the whole.
 */
const NEVER_LEFT_OUT: ReadonlySet<EntityKind> = new Set(['plugins', 'routes', 'acls', 'upstreams', 'consumer_groups', 'consumer_group_consumers']);
/** What can be read of these stays too: of a server name, that it is one whose certificate must not be another. */
const KEPT_IN_PART: ReadonlySet<EntityKind> = new Set([...NEVER_LEFT_OUT, 'snis']);
/** What refers to one of these that cannot be used is as good as one that refers to nothing. */
const USED_BY_REFERRERS: ReadonlySet<EntityKind> = new Set(['certificates', 'ca_certificates']);
/** These are closed where they stand once a value of theirs is missing; others are as good as not there. */
const CLOSED_IN_PLACE: ReadonlySet<EntityKind> = new Set(['plugins', 'certificates']);
/** Each entity of these has a secret that nothing can be done with without a content key. */
const SECRET_KINDS = entityKinds.filter((kind) => secretFieldsOf(definitionOf(kind)).some(({ field }) => field.secret === 'digest' || field.required === true));
/** What decides which plugins meet. */
const MET_BY_ORDER = ['plugins', 'routes', 'consumer_groups', 'consumer_group_consumers'] as const satisfies readonly EntityKind[];

/**
 * Compiles a change. `base` must be the configuration that a delta starts from; a snapshot takes it only to reuse plugin
 * instances. The caller owns the result and must `release` it some day; a generator that is given up must be ended with
 * `return()`.
 */
export function* compileConfig(base: CompiledConfig | undefined, change: ConfigChange, services: CompileServices): Generator<void, CompileResult> {
  const compilation = new Compilation(base?.parts, change, services);
  for (const outdated of compilation.outdated()) {
    compilation.apply(outdated);
    yield;
  }
  for (const entityChange of change.changes) {
    compilation.apply(entityChange);
    yield;
  }
  const problems = compilation.problemsOfTheWhole();
  if (problems.length > 0) return { kind: 'refused', problems };
  let finished = false;
  try {
    yield* compilation.settleRoutes();
    yield* compilation.settleTargets();
    yield* compilation.settlePlugins();
    yield* compilation.settleCertificates();
    yield* compilation.settleReferences();
    yield* compilation.settlePluginPlaces();
    yield* compilation.settlePluginOrders();
    yield* compilation.settleRouter();
    const config = compilation.finish();
    finished = true;
    return { kind: 'compiled', config, quarantined: config.parts.quarantine.told() };
  } finally {
    if (!finished) compilation.giveUp();
  }
}

class Compilation {
  readonly #change: ConfigChange;
  readonly #services: CompileServices;
  readonly #reusable: PluginSet;
  readonly #before: Omit<ConfigParts, DerivedParts>;
  readonly #sharable: ConfigParts | undefined;
  readonly #draft: TablesDraft;
  readonly #quarantine: QuarantineDraft;
  readonly #plugins: MapDraft<HeldPlugin>;
  readonly #router: RouterDraft;
  readonly #streams: StreamRouterDraft;
  readonly #routed: MapDraft<Published<'routes'>>;
  readonly #opened: MapDraft<OpenedCertificate>;
  readonly #vaulted: VaultedDraft;
  readonly #seal: ContentSeal | undefined;
  readonly #touched = new Map<EntityKind, Set<string>>(entityKinds.map((kind) => [kind, new Set()]));
  /** Of the plugins that were put, by id. */
  readonly #pluginBytes = new Map<string, Uint8Array>();
  readonly #made: HeldPlugin[] = [];
  readonly #reopened = new Set<string>();
  /** Neither to be used nor to be left out. */
  readonly #hopeless = new Map<string, Quarantined>();
  /** Set once all changes are applied. */
  #tables: ConfigTables = EMPTY_TABLES;
  #nextRouter = new Router();

  constructor(base: ConfigParts | undefined, change: ConfigChange, services: CompileServices) {
    this.#change = change;
    this.#services = services;
    this.#reusable = base?.plugins ?? new PluginSet();
    this.#sharable = base;
    this.#seal = change.contentKeys === undefined ? undefined : new ContentSeal(change.contentKeys);
    this.#before = base !== undefined && !change.reset ? base : emptyParts();
    this.#draft = new TablesDraft(this.#before.tables);
    this.#quarantine = this.#before.quarantine.draft();
    this.#plugins = this.#before.plugins.byId.draft();
    this.#router = this.#before.router.draft();
    this.#streams = this.#before.streams.draft();
    this.#routed = this.#before.routed.draft();
    this.#opened = this.#before.opened.draft();
    this.#vaulted = new VaultedDraft(this.#before.vaulted, change.vaultValues, change.contentKeys, (name) => services.plugins.get(name)?.schema.config);
  }

  /** What values from vaults are others for. */
  outdated(): Iterable<EntityChange> {
    return this.#vaulted.outdated();
  }

  apply({ kind, id, bytes }: EntityChange): void {
    if (!isEntityKind(kind)) return this.#setAside(kind, id, bytes);
    this.#touched.get(kind)?.add(id);
    this.#quarantine.clear(kind, id);
    this.#vaulted.forget(kind, id);
    if (this.#hopeless.size > 0) this.#hopeless.delete(`${kind}/${id}`);
    if (kind === 'plugins') this.#pluginBytes.delete(id);
    if (bytes === undefined) this.#draft.delete(kind, id);
    else this.#put(kind, id, bytes);
  }

  /** What refuses the whole change. Closes the tables: no change is applied after this. */
  problemsOfTheWhole(): readonly Quarantined[] {
    this.#tables = this.#draft.finish();
    const problems = [...this.#hopeless.values()];
    if (this.#change.contentKeys !== undefined) return problems;
    return [...problems, ...SECRET_KINDS.flatMap((kind): readonly Quarantined[] => {
      const [entity] = this.#tables.entities[kind].values();
      const reason = 'there are secrets, but no content key to recognise or open them with: every client would be refused';
      return entity === undefined ? [] : [{ kind, id: entity.id, code: 'CONFIG_CONTENT_KEY_MISSING', reason }];
    })];
  }

  /** Brings the router up to date: routes that changed, and those of services that were switched on or off. */
  *settleRoutes(): Generator<void> {
    const routeIds = new Set(this.#touchedOf('routes'));
    for (const serviceId of this.#touchedOf('services')) {
      this.#checkProtocol(serviceId);
      if (isSwitchedOff(this.#before.tables, serviceId) === isSwitchedOff(this.#tables, serviceId)) continue;
      for (const routeId of this.#tables.referrers.routes.membersOf(serviceId)) routeIds.add(routeId);
    }
    for (const routeId of routeIds) {
      this.#settleRoute(routeId);
      yield;
    }
  }

  /** The next router; in memory of its own where changes have left much behind. */
  *settleRouter(): Generator<void> {
    const router = this.#router.finish();
    this.#nextRouter = this.#router.isWasteful ? yield* router.compacted() : router;
  }

  *settleTargets(): Generator<void> {
    for (const id of this.#touchedOf('targets')) {
      const target = this.#tables.entities.targets.get(id);
      if (target !== undefined && addressOf(target) === undefined) {
        this.#quarantine.add({ kind: 'targets', id, code: 'CONFIG_TARGET_INVALID', reason: `${target.target} is no address with a port; correct the target` });
      }
      yield;
    }
  }

  *settlePlugins(): Generator<void> {
    // Those that did not open may open now.
    const unopened = isSameRing(this.#change.contentKeys, this.#before.contentKeys) ? [] : [...this.#before.plugins.byId.values()].filter(({ quarantined }) => quarantined?.code === 'CONFIG_PLUGIN_SECRET_UNOPENED');
    for (const { entity, bytes } of unopened) if (!this.#touchedOf('plugins').has(entity.id)) this.#settlePlugin(entity, bytes);
    for (const id of this.#touchedOf('plugins')) {
      const entity = this.#tables.entities.plugins.get(id);
      const bytes = this.#pluginBytes.get(id);
      if (entity === undefined || bytes === undefined) this.#plugins.delete(id);
      else this.#settlePlugin(entity, bytes);
      yield;
    }
  }

  /** Opens the private keys of certificates that changed; a snapshot opens only those that are not in the base. */
  *settleCertificates(): Generator<void> {
    const { contentKeys } = this.#change;
    const ids = new Set(this.#touchedOf('certificates'));
    // Those that did not open may open now.
    if (!this.#change.reset && !isSameRing(contentKeys, this.#before.contentKeys)) for (const { entity, problem } of this.#before.opened.values()) if (problem !== undefined) ids.add(entity.id);
    for (const id of ids) {
      this.#quarantine.clearOf('certificates', id, 'CONFIG_CERTIFICATE_UNUSABLE');
      this.#reopened.add(id);
      const entity = this.#tables.entities.certificates.get(id);
      if (entity === undefined) this.#opened.delete(id);
      else {
        const opened = openCertificate(entity, this.#seal, this.#sharable?.opened.get(id));
        this.#opened.set(id, opened);
        if (opened.problem !== undefined) this.#quarantine.add({ kind: 'certificates', id, code: 'CONFIG_CERTIFICATE_UNUSABLE', reason: opened.problem });
      }
      yield;
    }
    for (const id of this.#touchedOf('ca_certificates')) {
      const entity = this.#tables.entities.ca_certificates.get(id);
      const problem = entity === undefined ? undefined : problemOfAuthority(entity);
      if (problem !== undefined) this.#quarantine.add({ kind: 'ca_certificates', id, code: 'CONFIG_CERTIFICATE_UNUSABLE', reason: problem });
      yield;
    }
  }

  /** Finds what refers to an entity that is not there or of no use: among what changed, and where an entity came, went or changed in that. */
  *settleReferences(): Generator<void> {
    for (const kind of entityKinds) {
      for (const id of kind === 'certificates' ? this.#reopened : this.#touchedOf(kind)) {
        this.#checkReferences(kind, id);
        // In a snapshot every entity is new, so every referrer is checked for itself.
        if (!this.#change.reset && this.#wasUsable(kind, id) !== this.#isUsable(kind, id)) {
          for (const referring of entityKinds) for (const referrer of this.#tables.referrers[referring].membersOf(id)) yield this.#checkReferences(referring, referrer);
        }
        yield;
      }
    }
  }

  /** Reports plugins that are bound to stream routes; that those are closed is for runtime-routes.ts to see to. */
  *settlePluginPlaces(): Generator<void> {
    const ids = new Set(this.#touchedOf('plugins'));
    const arrived = [...this.#touchedOf('services')].filter((id) => !this.#before.tables.entities.services.has(id));
    for (const serviceId of arrived) for (const { id } of pluginsNaming(this.#tables, serviceId)) ids.add(id);
    for (const routeId of this.#touchedOf('routes')) {
      for (const tables of [this.#before.tables, this.#tables]) {
        const route = tables.entities.routes.get(routeId);
        if (route === undefined || speaksHttp(route)) continue;
        for (const named of [route.id, route.service?.id ?? '']) for (const { id } of pluginsNaming(this.#tables, named)) ids.add(id);
      }
      yield;
    }
    for (const id of ids) {
      const plugin = this.#plugins.get(id);
      this.#quarantine.clearOf('plugins', id, 'CONFIG_PLUGIN_OUT_OF_PLACE');
      if (plugin !== undefined && guardsInVain(this.#tables, plugin)) {
        this.#quarantine.add({ kind: 'plugins', id, code: 'CONFIG_PLUGIN_OUT_OF_PLACE', reason: `${plugin.entity.name} is bound to a route or service for streams (tcp, tls, tls_passthrough), where it does not run: the stream routes are closed; bind it elsewhere, name their protocols where it has them, or remove it` });
      }
      yield;
    }
  }

  /** Reports plugins that are to run before each other; that the routes where they meet are closed is for plugin-chains.ts to see to. */
  *settlePluginOrders(): Generator<void> {
    const [before, now] = [this.#before.tables, this.#tables];
    if (MET_BY_ORDER.every((kind) => before.entities[kind] === now.entities[kind])) return;
    for (const tables of [before, now]) for (const { id } of pluginsWithOrdering(tables)) this.#quarantine.clearOf('plugins', id, 'CONFIG_PLUGIN_ORDER_CYCLE');
    for (const [id, names] of yield* findContradictions(now)) {
      this.#quarantine.add({ kind: 'plugins', id, code: 'CONFIG_PLUGIN_ORDER_CYCLE', reason: contradictionReason(names) });
    }
  }

  finish(): CompiledConfig {
    const { version, contentRoot, contentKeys } = this.#change;
    const [tables, quarantine] = [this.#tables, this.#quarantine.finish()];
    const plugins = this.#plugins.changed ? new PluginSet(this.#plugins.finish()) : this.#before.plugins;
    const lookupKeys = (contentKeys?.keys ?? []).map(({ key }) => deriveLookupKey(key));
    const earlier = this.#sharable;
    const opened = this.#opened.finish();
    const certificates = earlier?.certificates.serves(tables, opened) === true ? earlier.certificates : new TablesCertificateBook(tables, opened, quarantine, earlier?.certificates);
    const routes = earlier?.routes.serves(tables, plugins, quarantine, opened) === true ? earlier.routes : new RuntimeRoutes(tables, plugins, quarantine, opened);
    const identities = earlier?.identities.serves(tables, lookupKeys, quarantine) === true ? earlier.identities : new Identities({ tables, lookupKeys, seal: this.#seal, quarantine, clock: this.#services.clock }, earlier?.identities);
    return new CompiledConfig(version, contentRoot, { tables, contentKeys, quarantine, plugins, opened, certificates, routes, identities, router: this.#nextRouter, streams: this.#streams.finish(), vaulted: this.#vaulted.finish(), routed: this.#routed.finish() });
  }

  /** Frees what was made for a configuration that will not be. */
  giveUp(): void {
    for (const plugin of this.#made) plugin.close();
  }

  #put<K extends EntityKind>(kind: K, id: string, bytes: Uint8Array): void {
    if (kind === 'plugins') this.#pluginBytes.set(id, bytes);
    try {
      const entity = this.#services.decodeEntity(kind, bytes);
      if (entity.id !== id) throw new Error(`it calls itself ${entity.id}`);
      const { entity: filled, madeOf, problem } = this.#vaulted.fill(kind, entity, bytes);
      if (kind === 'plugins') this.#pluginBytes.set(id, madeOf);
      if (problem !== undefined) this.#quarantine.add(problem);
      if (problem !== undefined && !CLOSED_IN_PLACE.has(kind)) this.#draft.delete(kind, id);
      else this.#draft.put(kind, filled);
    } catch (thrown) {
      const entry: Quarantined = { kind, id, code: 'CONFIG_ENTITY_UNREADABLE', reason: `${describeThrown(thrown)}; a newer data plane may read it: upgrade this one, or write the entity without what is new` };
      this.#quarantine.add(entry);
      const salvaged = KEPT_IN_PART.has(kind) ? this.#services.salvageEntity(kind, bytes) : undefined;
      if (salvaged?.id === id) return this.#draft.put(kind, salvaged);
      this.#draft.delete(kind, id);
      if (NEVER_LEFT_OUT.has(kind)) this.#hopeless.set(`${kind}/${id}`, entry);
    }
  }

  /** A newer control plane may publish kinds that this version has no use for. */
  #setAside(kind: string, id: string, bytes: Uint8Array | undefined): void {
    this.#quarantine.clear(kind, id);
    if (bytes !== undefined) this.#quarantine.add({ kind, id, code: 'CONFIG_KIND_UNKNOWN', reason: `this data plane does not know ${kind}: upgrade it to use them` });
  }

  #settleRoute(id: string): void {
    const wanted = this.#tables.entities.routes.get(id);
    const routed = this.#routed.get(id);
    const isWanted = wanted !== undefined && this.#isRouted(wanted);
    if (isWanted && routed === wanted) return;
    if (routed !== undefined) this.#routerFor(routed).remove(routed);
    this.#routed.delete(id);
    this.#quarantine.clearOf('routes', id, 'CONFIG_ROUTE_UNMATCHABLE');
    if (!isWanted) return;
    const problem = this.#routerFor(wanted).add(wanted);
    this.#routed.set(id, wanted);
    if (problem !== undefined) this.#quarantine.add({ kind: 'routes', id, code: 'CONFIG_ROUTE_UNMATCHABLE', reason: `${problem}; correct the route` });
  }

  /** A route's protocols are all of the one kind or of the other. */
  #routerFor(route: Published<'routes'>): RouterDraft | StreamRouterDraft {
    return speaksHttp(route) ? this.#router : this.#streams;
  }

  /** A disabled service's routes match nothing; those of a service that is not there match and answer 503. */
  #isRouted(route: Published<'routes'>): boolean {
    if (!speaksHttp(route) && !route.protocols.some((protocol) => STREAM_PROTOCOLS.has(protocol))) {
      this.#quarantine.add({ kind: 'routes', id: route.id, code: 'CONFIG_PROTOCOL_UNSUPPORTED', reason: `routes for ${route.protocols.join(', ')} are not served by this data plane: remove it, or upgrade the data plane` });
      return false;
    }
    return route.service === null || !isSwitchedOff(this.#tables, route.service.id);
  }

  #checkProtocol(serviceId: string): void {
    if (this.#tables.entities.services.get(serviceId)?.protocol !== 'udp') return;
    this.#quarantine.add({ kind: 'services', id: serviceId, code: 'CONFIG_PROTOCOL_UNSUPPORTED', reason: 'services that speak udp are not served by this data plane: remove it, or upgrade the data plane' });
  }

  #settlePlugin(entity: Published<'plugins'>, bytes: Uint8Array): void {
    const earlier = this.#reusable.byId.get(entity.id);
    const mayOpenNow = earlier?.quarantined?.code === 'CONFIG_PLUGIN_SECRET_UNOPENED';
    const reused = earlier?.isMadeOf(bytes) === true && !mayOpenNow ? earlier : undefined;
    this.#quarantine.clearOf('plugins', entity.id, 'CONFIG_PLUGIN_SECRET_UNOPENED');
    const held = reused ?? new HeldPlugin(entity, bytes, this.#services, this.#quarantine.get('plugins', entity.id), this.#seal);
    if (reused === undefined) this.#made.push(held);
    this.#plugins.set(entity.id, held);
    if (held.quarantined !== undefined) this.#quarantine.add({ ...held.quarantined, reason: this.#vaulted.withoutValues('plugins', entity.id, held.quarantined.reason) });
  }

  #checkReferences<K extends EntityKind>(kind: K, id: string): void {
    const entity = this.#tables.entities[kind].get(id);
    const missing = entity === undefined ? undefined : referencesOf(kind, entity).find((reference) => !this.#isUsable(reference.to, reference.id));
    this.#quarantine.clearOf(kind, id, 'CONFIG_REFERENCE_DANGLING');
    if (missing === undefined) return;
    const why = USED_BY_REFERRERS.has(missing.to) ? 'is not there or cannot be used' : 'is not there or cannot be read';
    this.#quarantine.add({ kind, id, code: 'CONFIG_REFERENCE_DANGLING', reason: `it refers to ${missing.id} of ${missing.to}, which ${why}: mend that, or the reference` });
  }

  #isUsable(kind: EntityKind, id: string): boolean {
    return this.#tables.entities[kind].has(id) && !(USED_BY_REFERRERS.has(kind) && this.#quarantine.get(kind, id) !== undefined);
  }

  /** The same of the configuration before. */
  #wasUsable(kind: EntityKind, id: string): boolean {
    return this.#before.tables.entities[kind].has(id) && !(USED_BY_REFERRERS.has(kind) && this.#before.quarantine.get(kind, id) !== undefined);
  }

  #touchedOf(kind: EntityKind): ReadonlySet<string> {
    return this.#touched.get(kind) ?? new Set();
  }
}

function isSameRing(a: ContentKeyRing | undefined, b: ContentKeyRing | undefined): boolean {
  const textOf = (ring: ContentKeyRing | undefined): string => (ring?.keys ?? []).map(({ keyId, key }) => `${keyId} ${Buffer.from(key).toString('base64')}`).join();
  return textOf(a) === textOf(b);
}

function isSwitchedOff(tables: ConfigTables, serviceId: string): boolean {
  return tables.entities.services.get(serviceId)?.enabled === false;
}

/** Made of the others. */
type DerivedParts = 'routes' | 'identities' | 'certificates';

function emptyParts(): Omit<ConfigParts, DerivedParts> {
  return { contentKeys: undefined, opened: new PersistentMap(), vaulted: NO_VAULTED, tables: EMPTY_TABLES, quarantine: new QuarantineList(), plugins: new PluginSet(), router: new Router(), streams: new StreamRouter(), routed: new PersistentMap() };
}
