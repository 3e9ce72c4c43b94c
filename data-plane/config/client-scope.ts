/**
 * Who a plugin may be bound to, of the one that sends a request: a consumer and the groups it is in. Asked by runtime-routes.ts
 * when a chain is made for a consumer, by identities.ts and by explain.
 */
import type { ConfigTables, Published } from './config-tables.ts';

export interface ClientScope {
  readonly consumerId: string | undefined;
  /** By name: where several have the same plugin, the first decides. */
  readonly groupIds: readonly string[];
}

/** Nobody was recognised. */
export const NOBODY: ClientScope = { consumerId: undefined, groupIds: [] };

/** The groups of a consumer, by name; equal names can't be, but for a moment within one change. */
export function groupsOfConsumer({ entities, referrers }: ConfigTables, consumerId: string): readonly Published<'consumer_groups'>[] {
  const ids = [...referrers.consumer_group_consumers.membersOf(consumerId)].flatMap((id) => entities.consumer_group_consumers.get(id)?.consumer_group.id ?? []);
  return [...new Set(ids)].flatMap((id) => entities.consumer_groups.get(id) ?? []).toSorted((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1));
}

export function clientScope(tables: ConfigTables, consumerId: string | undefined): ClientScope {
  return consumerId === undefined ? NOBODY : { consumerId, groupIds: groupsOfConsumer(tables, consumerId).map(({ id }) => id) };
}
