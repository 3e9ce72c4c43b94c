/**
 * Who clients are: consumers, their credentials and groups, as plugins look them up. One instance serves all
 * configurations between which none of it changed. Raw credentials are never kept for longer than a bounded cache of those
 * that were right (T2): what is wrong is hashed each time, so guessing can't push others out.
 */
import type { ConfigLookup, ConsumerRef, CredentialRef } from '../../shared/plugins/config-lookup.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';
import { groupsOfConsumer } from './client-scope.ts';
import type { ConfigTables } from './config-tables.ts';
import type { QuarantineList } from './quarantine.ts';
import { RecentMap } from './recent-map.ts';

/** The last that many are remembered, and at most twice as many. */
const REMEMBERED_CREDENTIALS = 10_000;
const NO_GROUPS: readonly string[] = Object.freeze([]);

interface KnownCredential {
  readonly ref: CredentialRef;
  readonly consumer: ConsumerRef;
  /** Infinity where it never expires. */
  readonly expiresAtMs: number;
}

export class Identities implements ConfigLookup {
  readonly #tables: ConfigTables;
  readonly #lookupKeys: readonly Uint8Array[];
  readonly #quarantine: QuarantineList;
  readonly #digestsOf: readonly ((presented: string) => string)[];
  readonly #clock: { nowMs(): number };
  readonly #byPresented = new RecentMap<KnownCredential>(REMEMBERED_CREDENTIALS);
  /** The one that was found last: its consumer is what is asked for next. */
  #found: KnownCredential | undefined;
  readonly #groups = new Map<string, readonly string[]>();
  readonly #consumerGroups = new Map<string, readonly string[]>();

  /**
   * A digest does not name its key. While a fleet moves to a new content key, what serves may still stand under the one before,
   * so each key is tried; newest first.
   */
  constructor(tables: ConfigTables, lookupKeys: readonly Uint8Array[], quarantine: QuarantineList, clock: { nowMs(): number }) {
    this.#tables = tables;
    this.#lookupKeys = lookupKeys;
    this.#quarantine = quarantine;
    this.#digestsOf = lookupKeys.map(createCredentialDigester);
    this.#clock = clock;
  }

  /** True where a configuration with these tables and keys would answer the same. */
  serves(tables: ConfigTables, lookupKeys: readonly Uint8Array[], quarantine: QuarantineList): boolean {
    const [mine, theirs] = [this.#tables.entities, tables.entities];
    const sameKeys = this.#lookupKeys.length === lookupKeys.length && this.#lookupKeys.every((key, index) => Buffer.compare(key, lookupKeys[index] ?? key.subarray(1)) === 0);
    return sameKeys && this.#quarantine === quarantine && mine.consumers === theirs.consumers && mine.keyauth_credentials === theirs.keyauth_credentials && mine.acls === theirs.acls
      && mine.consumer_groups === theirs.consumer_groups && mine.consumer_group_consumers === theirs.consumer_group_consumers;
  }

  consumerById(id: string): ConsumerRef | undefined {
    if (this.#found?.ref.consumerId === id) return this.#found.consumer;
    const consumer = this.#tables.entities.consumers.get(id);
    return consumer === undefined || this.#isClosed(id) ? undefined : Object.freeze({ id: consumer.id, username: consumer.username, customId: consumer.custom_id });
  }

  consumerByUsername(username: string): ConsumerRef | undefined {
    const id = this.#tables.consumerIdByUsername.get(username);
    return id === undefined ? undefined : this.consumerById(id);
  }

  credentialBySecret(_kind: 'keyauth_credentials', presented: string): CredentialRef | undefined {
    const known = this.#byPresented.get(presented) ?? this.#recognise(presented);
    if (known === undefined || known.expiresAtMs <= this.#clock.nowMs()) return undefined;
    this.#found = known;
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
