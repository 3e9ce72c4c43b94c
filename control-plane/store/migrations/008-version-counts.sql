-- Requests and failures by configuration version, per data plane: sums over all batches, of the newest versions alone.
create table version_counts (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  -- 0, 0: requests that were answered before a configuration was chosen, and those of versions beyond what a batch names.
  epoch          bigint not null,
  sequence       bigint not null,
  requests       bigint not null,
  failed         bigint not null,
  failed_here    bigint not null,
  -- Of the batches that it was counted in.
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  primary key (tenant_id, gateway_id, data_plane_id, epoch, sequence),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
) with (fillfactor = 70);

grant select on version_counts to holdfast_app;
grant select, insert, update, delete on version_counts to holdfast_ingest;

alter table version_counts enable row level security;
alter table version_counts force row level security;
create policy one_tenant on version_counts to holdfast_app, holdfast_ingest using (tenant_id = current_tenant());
