/**
 * Who clients are: consumers, their credentials and groups, as plugins look them up. One instance serves all
 * configurations between which none of it changed. Raw credentials are never kept for longer than a bounded cache of those
 * that were right (T2): what is wrong is hashed each time, so guessing can't push others out.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { BasicCredential, ConfigLookup, ConsumerRef, CredentialRef, HmacCredential, JwtCredential, MtlsCredential } from '../../shared/plugins/config-lookup.ts';
import type { ContentSeal } from '../../shared/trust/content-seal.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';
import { groupsOfConsumer } from './client-scope.ts';
import type { ConfigTables } from './config-tables.ts';
import { OpenedCredentials } from './opened-credentials.ts';
import type { QuarantineList } from './quarantine.ts';
import { RecentMap } from './recent-map.ts';

/** The last that many are remembered, and at most twice as many. */
const REMEMBERED_CREDENTIALS = 10_000;
const NO_GROUPS: readonly string[] = Object.freeze([]);
const NO_CREDENTIALS: readonly MtlsCredential[] = Object.freeze([]);
/** What answers depend on. */
const ASKED_FOR = [
  'consumers', 'acls', 'consumer_groups', 'consumer_group_consumers', 'ca_certificates',
  'keyauth_credentials', 'basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'mtls_auth_credentials',
] as const satisfies readonly EntityKind[];

interface KnownCredential {
  readonly ref: CredentialRef;
  readonly consumer: ConsumerRef;
  /** Infinity where it never expires. */
  readonly expiresAtMs: number;
}

/** What identities are made of. */
export interface IdentityParts {
  readonly tables: ConfigTables;
  /**
   * A digest does not name its key. While a fleet moves to a new content key, what serves may still stand under the one before,
   * so each key is tried; newest first.
   */
  readonly lookupKeys: readonly Uint8Array[];
  /** Opens secrets; without it none opens. */
  readonly seal: ContentSeal | undefined;
  readonly quarantine: QuarantineList;
  readonly clock: { nowMs(): number };
}

export class Identities implements ConfigLookup {
  readonly #tables: ConfigTables;
  readonly #lookupKeys: readonly Uint8Array[];
  readonly #quarantine: QuarantineList;
  readonly #digestsOf: readonly ((presented: string) => string)[];
  readonly #clock: { nowMs(): number };
  readonly #byPresented = new RecentMap<KnownCredential>(REMEMBERED_CREDENTIALS);
  /** The one that was found last: its consumer is what is asked for next. */
  #found: ConsumerRef | undefined;
  readonly #groups = new Map<string, readonly string[]>();
  readonly #consumerGroups = new Map<string, readonly string[]>();
  readonly #opened: OpenedCredentials;

  /** `earlier`: of the configuration before; what it made of entities that are still the same is used again. */
  constructor({ tables, lookupKeys, seal, quarantine, clock }: IdentityParts, earlier?: Identities) {
    this.#tables = tables;
    this.#lookupKeys = lookupKeys;
    this.#quarantine = quarantine;
    this.#digestsOf = lookupKeys.map(createCredentialDigester);
    this.#clock = clock;
    this.#opened = new OpenedCredentials(seal, earlier === undefined ? undefined : earlier.#opened);
  }

  /** True where a configuration with these tables and keys would answer the same. */
  serves(tables: ConfigTables, lookupKeys: readonly Uint8Array[], quarantine: QuarantineList): boolean {
    const sameKeys = this.#lookupKeys.length === lookupKeys.length && this.#lookupKeys.every((key, index) => Buffer.compare(key, lookupKeys[index] ?? key.subarray(1)) === 0);
    return sameKeys && this.#quarantine === quarantine && ASKED_FOR.every((kind) => this.#tables.entities[kind] === tables.entities[kind]);
  }

  consumerById(id: string): ConsumerRef | undefined {
    if (this.#found?.id === id) return this.#found;
    const consumer = this.#tables.entities.consumers.get(id);
    if (consumer === undefined || this.#isClosed(id)) return undefined;
    return (this.#found = Object.freeze({ id: consumer.id, username: consumer.username, customId: consumer.custom_id }));
  }

  consumerByUsername(username: string): ConsumerRef | undefined {
    const id = this.#tables.consumerIdByUsername.get(username);
    return id === undefined ? undefined : this.consumerById(id);
  }

  consumerByCustomId(customId: string): ConsumerRef | undefined {
    const id = this.#tables.consumerIdByCustomId.get(customId);
    return id === undefined ? undefined : this.consumerById(id);
  }

  basicCredential(username: string): BasicCredential | undefined {
    const id = this.#tables.basicIdByUsername.get(username);
    const entity = id === undefined ? undefined : this.#tables.entities.basicauth_credentials.get(id);
    return entity === undefined || !this.#isOpen('basicauth_credentials', entity) ? undefined : this.#opened.basic(entity);
  }

  hmacCredential(username: string): HmacCredential | undefined {
    const id = this.#tables.hmacIdByUsername.get(username);
    const entity = id === undefined ? undefined : this.#tables.entities.hmacauth_credentials.get(id);
    return entity === undefined || !this.#isOpen('hmacauth_credentials', entity) ? undefined : this.#opened.hmac(entity);
  }

  jwtCredential(key: string): JwtCredential | undefined {
    const id = this.#tables.jwtIdByKey.get(key);
    const entity = id === undefined ? undefined : this.#tables.entities.jwt_secrets.get(id);
    return entity === undefined || !this.#isOpen('jwt_secrets', entity) ? undefined : this.#opened.jwt(entity);
  }

  mtlsCredentials(subjectName: string): readonly MtlsCredential[] {
    const ids = this.#tables.mtlsBySubject.membersOf(subjectName);
    if (ids.size === 0) return NO_CREDENTIALS;
    return [...ids].toSorted().flatMap((id) => {
      const entity = this.#tables.entities.mtls_auth_credentials.get(id);
      return entity === undefined || !this.#isOpen('mtls_auth_credentials', entity) ? [] : [this.#opened.mtls(entity)];
    });
  }

  caCertificate(id: string): string | undefined {
    return this.#quarantine.get('ca_certificates', id) === undefined ? this.#tables.entities.ca_certificates.get(id)?.cert : undefined;
  }

  credentialBySecret(_kind: 'keyauth_credentials', presented: string): CredentialRef | undefined {
    const known = this.#byPresented.get(presented) ?? this.#recognise(presented);
    if (known === undefined || known.expiresAtMs <= this.#clock.nowMs()) return undefined;
    this.#found = known.consumer;
    return known.ref;
  }

  groupsOf(consumerId: string): readonly string[] {
    const known = this.#groups.get(consumerId);
    if (known !== undefined) return known;
    const ids = this.#tables.referrers.acls.membersOf(consumerId);
    if (ids.size === 0) return NO_GROUPS;
    const groups = Object.freeze([...ids].flatMap((id) => this.#tables.entities.acls.get(id)?.group ?? []).toSorted());
    this.#groups.set(consumerId, groups);
    return groups;
  }

  /** Names of the consumer groups, sorted; the same frozen array each time. */
  consumerGroupsOf(consumerId: string): readonly string[] {
    const known = this.#consumerGroups.get(consumerId);
    if (known !== undefined) return known;
    if (this.#tables.referrers.consumer_group_consumers.membersOf(consumerId).size === 0) return NO_GROUPS;
    const groups = Object.freeze(groupsOfConsumer(this.#tables, consumerId).map(({ name }) => name));
    this.#consumerGroups.set(consumerId, groups);
    return groups;
  }

  /** Neither the credential nor its consumer is one that must not be used. */
  #isOpen(kind: EntityKind, { id, consumer }: { readonly id: string; readonly consumer: { readonly id: string } }): boolean {
    return this.#quarantine.get(kind, id) === undefined && this.consumerById(consumer.id) !== undefined;
  }

  /** A consumer one of whose groups, of either sort, could not be read: it might be the one that a route denies or a plugin limits. */
  #isClosed(consumerId: string): boolean {
    const { referrers, entities } = this.#tables;
    for (const id of referrers.acls.membersOf(consumerId)) if (this.#quarantine.get('acls', id) !== undefined) return true;
    for (const id of referrers.consumer_group_consumers.membersOf(consumerId)) {
      const group = entities.consumer_group_consumers.get(id)?.consumer_group.id;
      if (this.#quarantine.get('consumer_group_consumers', id) !== undefined || group === undefined || this.#quarantine.get('consumer_groups', group) !== undefined) return true;
    }
    return false;
  }

  #findByDigest(presented: string): string | undefined {
    for (const digestOf of this.#digestsOf) {
      const id = this.#tables.credentialIdByDigest.get(digestOf(presented));
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #recognise(presented: string): KnownCredential | undefined {
    const id = this.#findByDigest(presented);
    const credential = id === undefined ? undefined : this.#tables.entities.keyauth_credentials.get(id);
    const consumer = credential === undefined ? undefined : this.consumerById(credential.consumer.id);
    if (credential === undefined || consumer === undefined) return undefined;
    const known = {
      ref: Object.freeze({ id: credential.id, consumerId: credential.consumer.id }),
      consumer,
      expiresAtMs: credential.expires_at === null ? Infinity : credential.expires_at * 1_000,
    };
    this.#byPresented.set(presented, known);
    return known;
  }
}
