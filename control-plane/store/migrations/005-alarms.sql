-- Alarms for operators. One row while a condition is open, however often it is met; cleared ones stay as history, of which
-- each gateway keeps the newest (alarm-store.ts). How many may be open is bounded there too (R5).
create table alarms (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  id             uuid not null,
  -- As in ERRORS.md.
  code           text not null,
  -- Null where it is about the gateway as a whole.
  data_plane_id  uuid,
  detail         text not null,
  times          bigint not null check (times >= 1),
  raised_at      timestamptz not null,
  last_seen_at   timestamptz not null,
  cleared_at     timestamptz,
  -- An operator's name, or the control plane's where the condition is over.
  cleared_by     text,
  primary key (tenant_id, gateway_id, id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id) on delete cascade,
  check ((cleared_at is null) = (cleared_by is null))
) with (fillfactor = 70);
create unique index alarms_open on alarms (tenant_id, gateway_id, code, data_plane_id) nulls not distinct where cleared_at is null;
create index alarms_cleared on alarms (tenant_id, gateway_id, cleared_at) where cleared_at is not null;

grant select, update, delete on alarms to holdfast_app;
grant select, insert, update, delete on alarms to holdfast_publisher;

alter table alarms enable row level security;
alter table alarms force row level security;
create policy one_tenant on alarms to holdfast_app, holdfast_ingest using (tenant_id = current_tenant());
create policy all_tenants on alarms to holdfast_publisher using (true);

-- The change that brought an entity as it is, for who asks where a quarantined one comes from (quarantine-store.ts). Its id comes
-- first, so that no plan takes this index for what names versions and no entity.
create index changes_of_entity on changes (id, tenant_id, gateway_id, epoch, sequence);
