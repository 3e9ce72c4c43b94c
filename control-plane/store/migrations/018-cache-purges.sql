-- What operators emptied of the caches of data planes: the last orders of each gateway, for data planes that were not connected.
-- [{"at", "plugin", "key"}], oldest first, at most 50 (control-plane/store/cache-purge-store.ts). Their times, in milliseconds since the
-- epoch, grow with each; `forgotten` is that of the last one for which there was no room.
alter table gateways
  add column cache_purges jsonb not null default '[]',
  add column cache_purged_at bigint not null default 0,
  add column cache_purges_forgotten bigint not null default 0;

create index gateways_purged on gateways (cache_purged_at) where cache_purged_at > 0;
