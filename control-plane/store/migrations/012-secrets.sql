-- Rotation of tenants' data keys and of the key-encryption key.

-- New values stand under the newest key from active_at on (by then every control plane has read it). From closed_at on no write may
-- commit with the key; retired_at: nothing stands under it any more.
alter table tenant_keys
  add column active_at   timestamptz not null default now(),
  add column closed_at   timestamptz,
  add column retired_at  timestamptz;
grant update (closed_at, retired_at) on tenant_keys to holdfast_app;
grant update (envelope) on tenant_keys to holdfast_publisher;
grant update (private_envelope) on signing_keys to holdfast_publisher;
-- Sealed again under the tenant's new data key.
grant update (envelope) on content_keys to holdfast_app;

-- Key-encryption keys that an external program wraps (HOLDFAST_KEY_ENCRYPTION_COMMAND); without one there are none here.
create table key_encryption_keys (
  key_id      bigint primary key check (key_id between 1 and 4294967295),
  wrapped     bytea not null check (octet_length(wrapped) <= 65536),
  created_at  timestamptz not null default clock_timestamp()
);
grant select, insert, delete on key_encryption_keys to holdfast_publisher;

-- How far the sealing again of a tenant's secrets has got: the newest rotation of each tenant.
create table data_key_rotations (
  tenant_id    uuid primary key references tenants,
  to_key       integer not null,
  -- closing: the new key is known to all; resealing: until a whole pass finds nothing under an older key.
  phase        text not null check (phase in ('closing', 'resealing', 'done')),
  -- Where the pass is: a table, and the key of the last row that was looked at.
  at_table     text not null default 'content_keys',
  at_row       jsonb not null default '[]',
  -- In this pass: rows under an older key. In all: rows looked at, values sealed again.
  found        bigint not null default 0,
  looked_at    bigint not null default 0,
  resealed     bigint not null default 0,
  started_at   timestamptz not null default clock_timestamp(),
  moved_at     timestamptz not null default clock_timestamp(),
  finished_at  timestamptz
);
alter table data_key_rotations enable row level security;
alter table data_key_rotations force row level security;
create policy one_tenant on data_key_rotations to holdfast_app, holdfast_ingest using (tenant_id = current_tenant());
create policy all_tenants on data_key_rotations to holdfast_publisher using (true);
create policy ending on data_key_rotations to holdfast_migration using (true);
grant select, insert, update on data_key_rotations to holdfast_app;
grant select on data_key_rotations to holdfast_publisher;

-- Change rows are append-only, but for one thing: what was secret in them is sealed again, so that an old key can end. Same value,
-- same place: an envelope that is not the old one under another key opens for nobody.
create function refuse_changing() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and current_user = 'holdfast_migration' and current_setting('holdfast.resealing', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end
$$;
drop trigger append_only on changes;
create trigger append_only before update or truncate on changes for each statement execute function refuse_changing();

create function reseal_change(in_tenant uuid, in_gateway uuid, in_epoch bigint, in_sequence bigint, in_ordinal integer, was jsonb, now_is jsonb) returns integer
language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  updated integer;
begin
  if in_tenant is distinct from current_tenant() then
    raise exception 'another tenant''s change rows are not resealed' using errcode = 'insufficient_privilege';
  end if;
  perform set_config('holdfast.resealing', 'on', true);
  update changes set private_before = now_is
  where tenant_id = in_tenant and gateway_id = in_gateway and epoch = in_epoch and sequence = in_sequence and ordinal = in_ordinal and private_before = was;
  get diagnostics updated = row_count;
  perform set_config('holdfast.resealing', '', true);
  return updated;
end
$$;
revoke all on function reseal_change from public;
grant execute on function reseal_change to holdfast_app;
