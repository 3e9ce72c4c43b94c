/**
 * Whether a TLS client is asked for its certificate, by the server name that it asks for: the plugins with the phase
 * `certificate` whose routes that name can reach decide. Without such plugins a handshake pays one comparison; with them the
 * answer is worked out once for each name and configuration. Asked by listeners/intake.ts through the configuration.
 */
import { createHash } from 'node:crypto';
import { describeThrown } from '../../shared/errors.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { ConfigLookup } from '../../shared/plugins/config-lookup.ts';
import type { CertificateContext, CertificateWish, PluginInstance } from '../../shared/plugins/contract.ts';
import { wildcardKeys } from '../router/wildcard-keys.ts';
import type { CertificateRequest, ChainEntry, RuntimeCaCertificate } from './active-config.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import { speaksHttp } from './plugin-chains.ts';
import type { HeldPlugin, PluginSet } from './plugin-instances.ts';

/** Names whose answers are remembered for one configuration; beyond it all are forgotten (R5). */
const MAX_NAMES = 4_096;

/** A plugin with the phase, and the server names that can reach its routes. */
interface CertificateAsker {
  readonly ask: NonNullable<PluginInstance['certificate']>;
  /** Lower case, some with a wildcard; undefined where any name can. */
  readonly names: ReadonlySet<string> | undefined;
  /** Whether clients that ask for no name can. */
  readonly takesNameless: boolean;
}

/** The askers of a configuration, by id of the plugin. Made once for all configurations with these plugins and routes. */
export function certificateAskers(tables: ConfigTables, plugins: PluginSet): readonly CertificateAsker[] {
  const withPhase = heldWithPhase(plugins);
  return withPhase.map((held) => askerOf(tables, held));
}

/** By the plugins of a configuration, which most of its successors share. */
const knownWithPhase = new WeakMap<PluginSet, readonly HeldPlugin[]>();

function heldWithPhase(plugins: PluginSet): readonly HeldPlugin[] {
  const known = knownWithPhase.get(plugins);
  if (known !== undefined) return known;
  const found = [...plugins.byId.values()].filter(({ entity, entry }) => entity.enabled && entry.instance.certificate !== undefined);
  const sorted = found.toSorted((a, b) => (a.entity.id < b.entity.id ? -1 : 1));
  knownWithPhase.set(plugins, sorted);
  return sorted;
}

function askerOf(tables: ConfigTables, { entity, entry }: HeldPlugin): CertificateAsker {
  const ask: CertificateAsker['ask'] = (context) => askedWish(entry, context);
  const names = new Set<string>();
  let takesNameless = false;
  for (const route of routesOf(tables, entity) ?? [undefined]) {
    const given = route === undefined ? undefined : namesOf(route);
    if (given === undefined) return { ask, names: undefined, takesNameless: true };
    for (const name of given) names.add(name.toLowerCase());
    // Where a route asks for a server name, no TLS connection without one gets to it.
    takesNameless ||= route !== undefined && (route.snis ?? []).length === 0;
  }
  return { ask, names, takesNameless };
}

/** Throws where the plugin fails, which ends the handshake: nobody gets past a question that can't be put. */
function askedWish({ name, instance }: ChainEntry, context: CertificateContext): CertificateWish | undefined {
  try {
    const wish: Partial<CertificateWish> | null | undefined = instance.certificate?.(context);
    if (wish === undefined) return undefined;
    if (wish instanceof Promise) wish.catch(() => undefined);
    if (wish?.kind === 'ask' && Array.isArray(wish.authorities)) return { kind: 'ask', authorities: wish.authorities };
    throw new Error("its wish must be undefined or { kind: 'ask', authorities: [ids] }");
  } catch (thrown) {
    throw new Error(`plugin ${name} failed in certificate: ${describeThrown(thrown)}`, { cause: thrown });
  }
}

/** Undefined: all that there are. */
function routesOf({ entities, referrers }: ConfigTables, { route, service }: Published<'plugins'>): readonly Published<'routes'>[] | undefined {
  if (route === null && service === null) return undefined;
  const ids = route === null ? [...referrers.routes.membersOf(service?.id ?? '')] : [route.id];
  return ids.flatMap((id) => entities.routes.get(id) ?? []).filter(speaksHttp);
}

/** Names that reach a route; undefined for all. A client asks for the name that it then writes as Host, as far as it is honest: plugins must not rely on it. */
function namesOf({ snis, hosts, expression }: Published<'routes'>): readonly string[] | undefined {
  if (snis !== null && snis.length > 0) return snis;
  return expression !== null || hosts === null || hosts.length === 0 ? undefined : hosts.map((host) => splitPort(host)?.host ?? host);
}

export class CertificateRequests {
  readonly #askers: readonly CertificateAsker[];
  readonly #authorities: readonly RuntimeCaCertificate[];
  readonly #byName = new Map<string | undefined, CertificateRequest | undefined>();
  /** By the ids of their authorities. */
  readonly #requests = new Map<string, CertificateRequest>();

  /** `authorities`: all that are configured. */
  constructor(askers: readonly CertificateAsker[], authorities: readonly RuntimeCaCertificate[]) {
    this.#askers = askers;
    this.#authorities = authorities;
  }

  for(serverName: string | undefined, config: ConfigLookup): CertificateRequest | undefined {
    if (this.#askers.length === 0) return undefined;
    if (this.#byName.has(serverName)) return this.#byName.get(serverName);
    if (this.#byName.size === MAX_NAMES) this.#byName.clear();
    const made = this.#make(serverName, config);
    this.#byName.set(serverName, made);
    return made;
  }

  #make(serverName: string | undefined, config: ConfigLookup): CertificateRequest | undefined {
    const keys = serverName === undefined ? [] : wildcardKeys(serverName);
    const asked = this.#askers.filter(({ names, takesNameless }) => names === undefined || (serverName === undefined ? takesNameless : keys.some((key) => names.has(key))));
    const wishes = asked.map(({ ask }) => ask({ serverName, config })).filter((wish) => wish !== undefined);
    return wishes.length === 0 ? undefined : this.#requestBy(wishes);
  }

  #requestBy(wishes: readonly CertificateWish[]): CertificateRequest {
    const ids = wishes.some(({ authorities }) => authorities.length === 0) ? undefined : new Set(wishes.flatMap(({ authorities }) => authorities));
    const authorities = this.#authorities.filter(({ id }) => ids === undefined || ids.has(id));
    const place = authorities.map(({ id }) => id).join();
    const known = this.#requests.get(place);
    if (known !== undefined) return known;
    const made = certificateRequest(authorities);
    this.#requests.set(place, made);
    return made;
  }
}

export function certificateRequest(authorities: readonly RuntimeCaCertificate[]): CertificateRequest {
  return { key: createHash('sha256').update(JSON.stringify(authorities.map(({ id, certPem }) => [id, certPem]))).digest('base64url'), authorities };
}
