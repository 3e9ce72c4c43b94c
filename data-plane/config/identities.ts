/**
 * Who clients are: consumers, their credentials and groups, as plugins look them up. One instance serves all
 * configurations between which none of it changed. Raw credentials are never kept for longer than a bounded cache of those
 * that were right (T2): what is wrong is hashed each time, so guessing can't push others out.
 */
import type { ConfigLookup, ConsumerRef, CredentialRef } from '../../shared/plugins/contract.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';
import type { ConfigTables } from './config-tables.ts';
import { RecentMap } from './recent-map.ts';

/** The last that many are remembered, and at most twice as many. */
const REMEMBERED_CREDENTIALS = 10_000;
const NO_GROUPS: readonly string[] = Object.freeze([]);

interface KnownCredential {
  readonly ref: CredentialRef;
  readonly consumer: ConsumerRef | undefined;
  /** Infinity where it never expires. */
  readonly expiresAtMs: number;
}

export class Identities implements ConfigLookup {
  readonly #tables: ConfigTables;
  readonly #lookupKey: Uint8Array | undefined;
  readonly #digestOf: ((presented: string) => string) | undefined;
  readonly #clock: { nowMs(): number };
  readonly #byPresented = new RecentMap<KnownCredential>(REMEMBERED_CREDENTIALS);
  /** The one that was found last: its consumer is what is asked for next. */
  #found: KnownCredential | undefined;
  readonly #groups = new Map<string, readonly string[]>();

  constructor(tables: ConfigTables, lookupKey: Uint8Array | undefined, clock: { nowMs(): number }) {
    this.#tables = tables;
    this.#lookupKey = lookupKey;
    this.#digestOf = lookupKey === undefined ? undefined : createCredentialDigester(lookupKey);
    this.#clock = clock;
  }

  /** True where a configuration with these tables and key would answer the same. */
  serves(tables: ConfigTables, lookupKey: Uint8Array | undefined): boolean {
    const [mine, theirs] = [this.#tables.entities, tables.entities];
    const sameKey = this.#lookupKey === lookupKey || (this.#lookupKey !== undefined && lookupKey !== undefined && Buffer.compare(this.#lookupKey, lookupKey) === 0);
    return sameKey && mine.consumers === theirs.consumers && mine.keyauth_credentials === theirs.keyauth_credentials && mine.acls === theirs.acls;
  }

  consumerById(id: string): ConsumerRef | undefined {
    if (this.#found?.ref.consumerId === id) return this.#found.consumer;
    const consumer = this.#tables.entities.consumers.get(id);
    return consumer === undefined ? undefined : Object.freeze({ id: consumer.id, username: consumer.username, customId: consumer.custom_id });
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

  #recognise(presented: string): KnownCredential | undefined {
    const digest = this.#digestOf?.(presented);
    const id = digest === undefined ? undefined : this.#tables.credentialIdByDigest.get(digest);
    const credential = id === undefined ? undefined : this.#tables.entities.keyauth_credentials.get(id);
    if (credential === undefined) return undefined;
    const known = {
      ref: Object.freeze({ id: credential.id, consumerId: credential.consumer.id }),
      consumer: this.consumerById(credential.consumer.id),
      expiresAtMs: credential.expires_at === null ? Infinity : credential.expires_at * 1_000,
    };
    this.#byPresented.set(presented, known);
    return known;
  }
}
