-- The first schema. Runs as holdfast_migration, which owns everything; migrate.ts applies it, once, in one transaction.
-- T1: every table with a tenant has row-level security enabled and forced, and keys that contain the tenant and the
-- gateway, so that neither a forgotten WHERE nor a wrong reference can cross them. The tenant is a local setting of the
-- transaction (transaction.ts); unset means no rows.

create function current_tenant() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('holdfast.tenant', true), '')::uuid;

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end
$$;

-- ---- who and where ----

create table tenants (
  id          uuid primary key,
  name        text not null,
  created_at  timestamptz not null default now(),
  deleted_at  timestamptz
);
create unique index tenants_name on tenants (name) where deleted_at is null;

-- The data key of a tenant, wrapped by the key-encryption key (T2).
create table tenant_keys (
  tenant_id   uuid not null references tenants,
  key_id      integer not null,
  envelope    bytea not null,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, key_id)
);

-- (epoch, head_sequence) is the version of the last committed change. It is taken by the last statement before COMMIT,
-- whose row lock makes commit order version order. Rows stay after deletion, because change rows do.
create table gateways (
  tenant_id      uuid not null references tenants,
  id             uuid not null unique,
  name           text not null,
  epoch          bigint not null default 1 check (epoch >= 1),
  head_sequence  bigint not null default 0 check (head_sequence >= 0),
  -- Moves with every change to its data planes that other control-plane instances must hear of.
  fleet_revision bigint not null default 0,
  created_at     timestamptz not null default now(),
  deleted_at     timestamptz,
  primary key (tenant_id, id)
) with (fillfactor = 50);
create unique index gateways_name on gateways (tenant_id, name) where deleted_at is null;

-- Secrets in published content stand under these; wrapped to each data plane outside the manifest.
create table content_keys (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  key_id      integer not null check (key_id >= 1),
  envelope    bytea not null,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, gateway_id, key_id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);

create table operators (
  tenant_id           uuid not null references tenants,
  id                  uuid not null,
  name                text not null,
  role                text not null check (role in ('admin', 'viewer')),
  -- May also manage tenants.
  installation_admin  boolean not null default false,
  created_at          timestamptz not null default now(),
  disabled_at         timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table operator_tokens (
  tenant_id    uuid not null,
  id           uuid not null,
  operator_id  uuid not null,
  -- SHA-256 of a token of 256 random bits: nothing to guess, so nothing to slow down.
  token_hash   bytea not null unique check (octet_length(token_hash) = 32),
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, operator_id) references operators (tenant_id, id)
);

-- ---- configuration ----

create table entities (
  tenant_id           uuid not null,
  gateway_id          uuid not null,
  kind                text not null,
  id                  uuid not null,
  -- What data planes may see, without secrets; control_plane_only holds the rest, secrets as envelopes.
  published           jsonb not null,
  control_plane_only  jsonb not null,
  -- Encoded once, when written. Hashed and published as they are.
  bytes               bytea not null,
  tags                text[] not null default '{}',
  primary key (tenant_id, gateway_id, kind, id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);
create index entities_tags on entities using gin (tags);

create table entity_unique (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  kind        text not null,
  key_name    text not null,
  -- '=' and the value, or '#' and the SHA-256 of a long one (entity-record.ts).
  value       text not null,
  entity_id   uuid not null,
  primary key (tenant_id, gateway_id, kind, key_name, value),
  foreign key (tenant_id, gateway_id, kind, entity_id) references entities on delete cascade
);
create index entity_unique_owner on entity_unique (tenant_id, gateway_id, kind, entity_id);

create table entity_references (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  from_kind   text not null,
  from_id     uuid not null,
  field       text not null,
  to_kind     text not null,
  to_id       uuid not null,
  on_delete   text not null check (on_delete in ('cascade', 'restrict')),
  primary key (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id),
  foreign key (tenant_id, gateway_id, from_kind, from_id) references entities on delete cascade,
  foreign key (tenant_id, gateway_id, to_kind, to_id) references entities
);
create index entity_references_target on entity_references (tenant_id, gateway_id, to_id, to_kind, from_kind, field, from_id);

-- A gateway belongs to one tenant: without this the planner multiplies the two and expects far too few rows.
create statistics entities_scope (dependencies) on tenant_id, gateway_id from entities;
create statistics entity_unique_scope (dependencies) on tenant_id, gateway_id from entity_unique;
create statistics entity_references_scope (dependencies) on tenant_id, gateway_id from entity_references;

create table changes (
  tenant_id     uuid not null,
  gateway_id    uuid not null,
  epoch         bigint not null,
  sequence      bigint not null,
  ordinal       integer not null,
  kind          text not null,
  id            uuid not null,
  op            text not null check (op in ('put', 'delete')),
  bytes_before  bytea,
  bytes_after   bytea,
  actor_id      uuid,
  actor         text not null,
  request_id    text not null,
  changed_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, gateway_id, epoch, sequence, ordinal),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id),
  check ((op = 'delete') = (bytes_after is null))
);

create table audit (
  id            bigint generated always as identity primary key,
  tenant_id     uuid not null references tenants,
  gateway_id    uuid,
  at            timestamptz not null default clock_timestamp(),
  operator_id   uuid,
  actor         text not null,
  address       text not null,
  request_id    text not null,
  action        text not null,
  subject_kind  text not null,
  subject_id    text not null,
  epoch         bigint,
  sequence      bigint,
  details       jsonb not null default '{}',
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);
create index audit_newest on audit (tenant_id, id desc);

create trigger append_only before update or delete or truncate on changes for each statement execute function refuse_rewriting();
create trigger append_only before update or delete or truncate on audit for each statement execute function refuse_rewriting();

-- ---- publishing ----

create table releases (
  tenant_id           uuid not null,
  gateway_id          uuid not null,
  epoch               bigint not null,
  sequence            bigint not null,
  -- The version that delta_bytes starts from; none for a release that can only be sent whole.
  base_epoch          bigint,
  base_sequence       bigint,
  manifest_statement  text not null,
  transfer_statement  text,
  -- As sent: compressed, covered by the transfer statement.
  delta_bytes         bytea,
  content_root        bytea not null check (octet_length(content_root) = 32),
  entity_count        integer not null,
  author              text not null,
  created_at          timestamptz not null default clock_timestamp(),
  primary key (tenant_id, gateway_id, epoch, sequence),
  unique (gateway_id, epoch, sequence),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id),
  check ((base_epoch is null) = (base_sequence is null)),
  check ((delta_bytes is null) = (base_epoch is null) and (delta_bytes is null) = (transfer_statement is null))
);
create trigger append_only before update or truncate on releases for each statement execute function refuse_rewriting();

-- Root, delegation and epoch statements, in the order they were made. Without tenant: of the installation.
create table statements (
  id          bigint generated always as identity primary key,
  kind        text not null check (kind in ('root', 'delegation', 'epoch')),
  tenant_id   uuid,
  gateway_id  uuid,
  ordinal     integer not null,
  statement   text not null,
  created_at  timestamptz not null default clock_timestamp(),
  unique nulls not distinct (kind, tenant_id, gateway_id, ordinal),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);

-- Keys that sign for the installation or a gateway. Private keys are envelopes, or absent where they are kept offline.
create table signing_keys (
  purpose           text not null check (purpose in ('root', 'publish', 'certificate-authority')),
  key_id            text not null,
  tenant_id         uuid,
  gateway_id        uuid,
  public_key        text not null,
  -- PEM, for a certificate authority.
  certificate       text,
  private_envelope  bytea,
  created_at        timestamptz not null default clock_timestamp(),
  retired_at        timestamptz,
  primary key (purpose, key_id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);

-- ---- data planes ----

create table join_tokens (
  tenant_id    uuid not null,
  gateway_id   uuid not null,
  id           uuid not null unique,
  secret_hash  bytea not null check (octet_length(secret_hash) = 32),
  uses_left    integer not null check (uses_left >= 0),
  expires_at   timestamptz not null,
  labels       jsonb not null default '{}',
  created_by   text not null,
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz,
  primary key (tenant_id, gateway_id, id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);

create table data_planes (
  tenant_id                uuid not null,
  gateway_id               uuid not null,
  id                       uuid not null unique,
  hostname                 text not null default '',
  labels                   jsonb not null default '{}',
  join_token_id            uuid,
  enrolled_at              timestamptz not null default now(),
  certificate_serial       text not null,
  certificate_fingerprint  bytea not null,
  certificate_not_after    timestamptz not null,
  revoked_at               timestamptz,
  revocation_reason        text,
  software_version         text not null default '',
  boot_id                  uuid,
  connected                boolean not null default false,
  last_seen_at             timestamptz,
  desired_epoch            bigint not null default 0,
  desired_sequence         bigint not null default 0,
  applied_epoch            bigint not null default 0,
  applied_sequence         bigint not null default 0,
  applied_root             bytea,
  applied_at               timestamptz,
  -- Null, or {code, reasons, epoch, sequence, at} of what it refused last and has not got past since.
  rejection                jsonb,
  -- What it could not use of the applied version: [{kind, id, code, reason}].
  quarantined              jsonb not null default '[]',
  primary key (tenant_id, gateway_id, id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
) with (fillfactor = 70);

-- ---- telemetry (T3) ----

-- One row per stored batch: storing it and its counts is one transaction, so a batch counts once however often it is sent.
-- Of each boot only the newest rows are kept: a data plane sends again only what was not acknowledged.
create table telemetry_received (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  boot_id        uuid not null,
  sequence       bigint not null,
  interval_start timestamptz not null,
  interval_end   timestamptz not null,
  received_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, data_plane_id, boot_id, sequence),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
);

-- Sums. An interval within one minute is added to that minute's row; a longer one (after an outage) keeps its length.
create table usage (
  tenant_id       uuid not null,
  gateway_id      uuid not null,
  data_plane_id   uuid not null,
  interval_start  timestamptz not null,
  interval_end    timestamptz not null,
  route_id        uuid,
  consumer_id     uuid,
  status_class    smallint not null check (status_class between 0 and 5),
  requests        bigint not null,
  bytes_in        bigint not null,
  bytes_out       bigint not null,
  duration_us     bigint not null,
  unique nulls not distinct (tenant_id, gateway_id, interval_start, interval_end, data_plane_id, route_id, consumer_id, status_class),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
);

create table telemetry_drops (
  tenant_id      uuid not null,
  gateway_id     uuid not null,
  data_plane_id  uuid not null,
  reason         text not null,
  dropped        bigint not null,
  primary key (tenant_id, gateway_id, data_plane_id, reason),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
);

create table crash_gaps (
  tenant_id             uuid not null,
  gateway_id            uuid not null,
  data_plane_id         uuid not null,
  -- The boot that ended without a last fold.
  boot_id               uuid not null,
  last_fold_at          timestamptz not null,
  at_most_ms            bigint not null,
  last_rate_per_second  double precision not null,
  primary key (tenant_id, gateway_id, data_plane_id, boot_id),
  foreign key (tenant_id, gateway_id, data_plane_id) references data_planes (tenant_id, gateway_id, id)
);

-- ---- who may do what ----

grant usage on schema holdfast to holdfast_app, holdfast_publisher, holdfast_ingest, holdfast_authentication;

-- The admin API: one tenant at a time.
grant select, insert, update on tenants, gateways, operators, operator_tokens, join_tokens, data_planes to holdfast_app;
grant select, insert on tenant_keys, content_keys, changes, audit to holdfast_app;
grant select, insert, update, delete on entities, entity_unique, entity_references to holdfast_app;
grant select on releases, telemetry_received, usage, telemetry_drops, crash_gaps to holdfast_app;

-- Publisher and sessions: all tenants, but no way to write configuration and no view of what is for the control plane only.
grant select on tenants, gateways, tenant_keys, content_keys, changes, data_planes, releases, statements, signing_keys to holdfast_publisher;
grant select (tenant_id, gateway_id, kind, id, bytes) on entities to holdfast_publisher;
grant insert, delete on releases to holdfast_publisher;
grant insert on statements, signing_keys to holdfast_publisher;
grant update (retired_at) on signing_keys to holdfast_publisher;
grant update on data_planes to holdfast_publisher;

-- Finding out which tenant a credential belongs to, before one is set.
grant select on tenants, gateways, operators, operator_tokens, join_tokens to holdfast_authentication;

grant select, insert, delete on telemetry_received to holdfast_ingest;
grant select, insert on crash_gaps to holdfast_ingest;
grant select, insert, update on usage, telemetry_drops to holdfast_ingest;

do $$
declare
  t text;
begin
  foreach t in array array[
    'tenants', 'tenant_keys', 'gateways', 'content_keys', 'operators', 'operator_tokens', 'entities', 'entity_unique',
    'entity_references', 'changes', 'audit', 'releases', 'statements', 'signing_keys', 'join_tokens', 'data_planes',
    'telemetry_received', 'usage', 'telemetry_drops', 'crash_gaps']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app, holdfast_ingest using (%I = current_tenant())',
      t, case t when 'tenants' then 'id' else 'tenant_id' end);
  end loop;
  -- What these may do to the rows they see is limited by the grants above.
  foreach t in array array[
    'tenants', 'tenant_keys', 'gateways', 'content_keys', 'entities', 'changes', 'releases', 'statements', 'signing_keys', 'data_planes']
  loop
    execute format('create policy all_tenants on %I to holdfast_publisher using (true)', t);
  end loop;
  foreach t in array array['tenants', 'gateways', 'operators', 'operator_tokens', 'join_tokens'] loop
    execute format('create policy all_tenants_to_authenticate on %I for select to holdfast_authentication using (true)', t);
  end loop;
end
$$;
