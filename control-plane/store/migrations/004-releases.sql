-- Freezing a gateway, rolling back, retention of releases and change rows.

-- Set while every write of configuration is refused, by the last statement of the write itself.
alter table gateways
  add column frozen_at     timestamptz,
  add column frozen_by     text,
  add column frozen_reason text,
  add constraint gateways_frozen check ((frozen_at is null) = (frozen_by is null) and (frozen_at is null) = (frozen_reason is null));

-- Why a write found no head to move: raises HF404 or HF423, the latter with the facts as JSON in its detail. Called by the write
-- itself, and volatile, so that it sees what the write waited for.
create function refuse_write(in_tenant uuid, in_gateway uuid) returns bigint language plpgsql as $$
declare
  found_gateway record;
begin
  select name, frozen_at, frozen_by, frozen_reason into found_gateway from gateways where tenant_id = in_tenant and id = in_gateway and deleted_at is null;
  if not found then
    raise exception 'there is no such gateway' using errcode = 'HF404';
  elsif found_gateway.frozen_at is null then
    raise exception 'the gateway was unfrozen just now' using errcode = 'serialization_failure';
  end if;
  raise exception 'the gateway is frozen' using errcode = 'HF423', detail = json_build_object(
    'name', found_gateway.name, 'at', found_gateway.frozen_at, 'by', found_gateway.frozen_by, 'reason', found_gateway.frozen_reason)::text;
end
$$;

-- Begins with what is referred to, so that no plan takes it for who refers: the check of the foreign key from there, made for
-- each entity that is deleted, read all references of the gateway while the planner had not looked at the table.
drop index entity_references_target;
create index entity_references_target on entity_references (to_id, tenant_id, gateway_id, to_kind, from_kind, field, from_id);

-- How many entities of each kind a release created, updated and deleted, as {kind: [created, updated, deleted]}; null where
-- nobody counted.
alter table releases add column change_counts jsonb;

-- What was for the control plane only (secrets as envelopes) before the change; without it a roll back could not bring back what
-- it is told to. The publisher does not see it.
alter table changes add column private_before jsonb;
revoke select on changes from holdfast_publisher;
grant select (tenant_id, gateway_id, epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, actor_id, actor, request_id, changed_at) on changes to holdfast_publisher;

-- The newest version whose change rows, and those before it, are gone. No row: all are there.
create table history_floors (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  epoch       bigint not null,
  sequence    bigint not null,
  moved_at    timestamptz not null default clock_timestamp(),
  primary key (tenant_id, gateway_id),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
);
alter table history_floors enable row level security;
alter table history_floors force row level security;
create policy one_tenant on history_floors to holdfast_app, holdfast_ingest using (tenant_id = current_tenant());
create policy all_tenants on history_floors to holdfast_publisher using (true);
grant select on history_floors to holdfast_app, holdfast_publisher;

-- Change rows and releases end in one way only: remove_history, which runs as the owner of the tables. Nobody else has the
-- right to delete them, and the trigger on change rows refuses it even to who is given it.
revoke delete on releases from holdfast_publisher;
create function refuse_deleting() returns trigger language plpgsql as $$
begin
  if current_user = 'holdfast_migration' and current_setting('holdfast.removing_history', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end
$$;
drop trigger append_only on changes;
create trigger append_only before update or truncate on changes for each statement execute function refuse_rewriting();
create trigger ends_by_retention before delete on changes for each statement execute function refuse_deleting();
create trigger ends_by_retention before delete on releases for each statement execute function refuse_deleting();

create policy history on gateways for select to holdfast_migration using (true);
create policy history on changes to holdfast_migration using (true);
create policy history on releases to holdfast_migration using (true);
create policy history on history_floors to holdfast_migration using (true);

-- Removes at most `batch` of a gateway's change rows up to and including one version (floor_…), and of its releases before
-- another (oldest_…). What is newest stays whatever is asked for: the last release, and every change row after the one before it.
create function remove_history(
  in_tenant uuid, in_gateway uuid, floor_epoch bigint, floor_sequence bigint, oldest_epoch bigint, oldest_sequence bigint, batch integer,
  out removed_changes integer, out removed_releases integer
) language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  newest record;
  last record;
begin
  select epoch, sequence, coalesce(base_epoch, 0) as base_epoch, coalesce(base_sequence, 0) as base_sequence into newest
  from releases where tenant_id = in_tenant and gateway_id = in_gateway order by epoch desc, sequence desc limit 1;
  if newest is null or (floor_epoch, floor_sequence) > (newest.base_epoch, newest.base_sequence) or (oldest_epoch, oldest_sequence) > (newest.epoch, newest.sequence) then
    raise exception 'the newest release and what it follows are kept' using errcode = 'restrict_violation';
  end if;
  if (floor_epoch, floor_sequence) > (0, 0) then
    insert into history_floors as floor (tenant_id, gateway_id, epoch, sequence) values (in_tenant, in_gateway, floor_epoch, floor_sequence)
    on conflict (tenant_id, gateway_id) do update set epoch = excluded.epoch, sequence = excluded.sequence, moved_at = excluded.moved_at
    where (floor.epoch, floor.sequence) < (excluded.epoch, excluded.sequence);
  end if;
  perform set_config('holdfast.removing_history', 'on', true);
  -- The last of a batch first, then all up to it: one range of the primary key, whatever the planner takes the table for.
  select epoch, sequence, ordinal into last from (
    select epoch, sequence, ordinal from changes
    where tenant_id = in_tenant and gateway_id = in_gateway and (epoch, sequence) <= (floor_epoch, floor_sequence)
    order by epoch, sequence, ordinal limit batch) old
  order by epoch desc, sequence desc, ordinal desc limit 1;
  delete from changes where tenant_id = in_tenant and gateway_id = in_gateway and (epoch, sequence, ordinal) <= (last.epoch, last.sequence, last.ordinal);
  get diagnostics removed_changes = row_count;
  select epoch, sequence into last from (
    select epoch, sequence from releases
    where tenant_id = in_tenant and gateway_id = in_gateway and (epoch, sequence) < (oldest_epoch, oldest_sequence)
    order by epoch, sequence limit batch) old
  order by epoch desc, sequence desc limit 1;
  delete from releases where tenant_id = in_tenant and gateway_id = in_gateway and (epoch, sequence) <= (last.epoch, last.sequence);
  get diagnostics removed_releases = row_count;
  perform set_config('holdfast.removing_history', '', true);
end
$$;
revoke all on function remove_history from public;
grant execute on function remove_history to holdfast_publisher;
