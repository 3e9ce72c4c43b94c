-- Roles and permissions; quotas and the life of tenants.

-- ---- people ----

-- What the built-in roles permit is in control-plane/access/built-in-roles.ts; these are a tenant's own.
create table roles (
  tenant_id    uuid not null references tenants,
  id           uuid not null,
  name         text not null,
  description  text not null default '',
  -- [{effect, gateways, resources, verbs, tags}] (control-plane/access/grant.ts).
  permissions  jsonb not null,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

-- Any role's name: which ones there are is checked where one is given. An older control plane lets these read and no more.
alter table operators drop constraint operators_role_check;
alter table operators
  add column kind         text not null default 'operator' check (kind in ('operator', 'service-account')),
  add column description  text not null default '',
  add column updated_at   timestamptz not null default now();
create index operators_role on operators (tenant_id, role);

alter table operator_tokens
  add column name          text not null default '',
  -- Null: all that the role permits. Otherwise what both permit.
  add column permissions   jsonb,
  add column last_used_at  timestamptz,
  add column created_by    text not null default '';
create index operator_tokens_owner on operator_tokens (tenant_id, operator_id);

-- ---- tenants ----

-- While suspended or to be deleted, the tenant's admin API refuses and no data plane joins; those that have joined go on.
alter table tenants
  add column suspended_at      timestamptz,
  add column suspended_by      text,
  add column suspended_reason  text,
  -- Until then it can be restored.
  add column delete_after      timestamptz,
  add column delete_asked_by   text,
  -- The name of one that is gone may be taken again; its rows in the audit stay.
  add constraint tenants_suspended check ((suspended_at is null) = (suspended_by is null) and (suspended_at is null) = (suspended_reason is null)),
  add constraint tenants_leaving check ((delete_after is null) = (delete_asked_by is null));

-- Null and absent: no limit.
create table tenant_quotas (
  tenant_id            uuid primary key references tenants,
  gateways             integer check (gateways >= 0),
  data_planes          integer check (data_planes >= 0),
  requests_per_second  integer check (requests_per_second >= 1),
  -- By kind of entity, over all gateways: {"routes": 1000}.
  entities             jsonb not null default '{}',
  updated_at           timestamptz not null default now()
);

-- How many entities a gateway has. Moved by the trigger below, under the lock of the gateway's row that every write takes last.
create table entity_counts (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  kind        text not null,
  count       bigint not null check (count >= 0),
  primary key (tenant_id, gateway_id, kind),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
) with (fillfactor = 50);

-- Whatever writes entities (this version, the one before, a restore) adds change rows, all of a write in one statement.
create function count_entities() returns trigger language plpgsql as $$
declare
  changed record;
  allowed bigint;
  total bigint;
begin
  for changed in
    select tenant_id, gateway_id, kind, sum(case op when 'put' then 1 else -1 end) as difference
    from added where (op = 'put') = (bytes_before is null) group by tenant_id, gateway_id, kind order by kind
  loop
    continue when changed.difference = 0;
    insert into entity_counts as c (tenant_id, gateway_id, kind, count) values (changed.tenant_id, changed.gateway_id, changed.kind, greatest(changed.difference, 0))
    on conflict (tenant_id, gateway_id, kind) do update set count = greatest(c.count + changed.difference, 0);
    continue when changed.difference < 0;
    -- Held until the end of the transaction: of two writes in two gateways that come close to a quota one sees the other.
    select (entities ->> changed.kind)::bigint into allowed from tenant_quotas where tenant_id = changed.tenant_id and entities ? changed.kind for update;
    continue when not found;
    select sum(count) into total from entity_counts where tenant_id = changed.tenant_id and kind = changed.kind;
    if total > allowed then
      raise exception 'quota of % is used up', changed.kind using errcode = 'HF403',
        detail = jsonb_build_object('quota', 'entities.' || changed.kind, 'limit', allowed, 'wanted', total)::text;
    end if;
  end loop;
  return null;
end
$$;
create trigger count_entities after insert on changes referencing new table as added for each statement execute function count_entities();

-- The trigger's lock keeps writers out until this is committed, so nothing is counted twice or missed.
alter table entities no force row level security;
insert into entity_counts (tenant_id, gateway_id, kind, count) select tenant_id, gateway_id, kind, count(*) from entities group by tenant_id, gateway_id, kind;
alter table entities force row level security;

-- Raises where one more of `resource` (gateways or data_planes) would be too many; holds the quota until the transaction ends.
create function take_quota(in_tenant uuid, resource text) returns boolean language plpgsql as $$
declare
  allowed bigint;
  total bigint;
begin
  select case resource when 'gateways' then gateways else data_planes end into allowed from tenant_quotas where tenant_id = in_tenant for update;
  if allowed is null then
    return true;
  end if;
  if resource = 'gateways' then
    select count(*) into total from gateways where tenant_id = in_tenant and deleted_at is null;
  else
    select count(*) into total from data_planes where tenant_id = in_tenant and revoked_at is null;
  end if;
  if total >= allowed then
    raise exception 'quota of % is used up', resource using errcode = 'HF403',
      detail = jsonb_build_object('quota', resource, 'limit', allowed, 'wanted', total + 1)::text;
  end if;
  return true;
end
$$;

grant select, insert, update, delete on roles to holdfast_app;
grant select, insert, update, delete on tenant_quotas to holdfast_app;
grant select, insert, update on entity_counts to holdfast_app;
grant delete on operators, operator_tokens to holdfast_app;
grant select on roles, tenant_quotas to holdfast_authentication;
-- When a token was last used, at most once a minute.
grant update (last_used_at) on operator_tokens to holdfast_authentication;
create policy note_use on operator_tokens for update to holdfast_authentication using (true);

do $$
declare
  t text;
begin
  foreach t in array array['roles', 'tenant_quotas', 'entity_counts'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app, holdfast_ingest using (tenant_id = current_tenant())', t);
  end loop;
  foreach t in array array['roles', 'tenant_quotas'] loop
    execute format('create policy all_tenants_to_authenticate on %I for select to holdfast_authentication using (true)', t);
  end loop;
end
$$;

-- ---- the end of a tenant ----

do $$
declare
  t text;
begin
  foreach t in array array[
    'tenants', 'data_planes', 'entities', 'join_tokens', 'operators', 'operator_tokens', 'roles', 'tenant_quotas', 'tenant_keys', 'content_keys', 'entity_counts',
    'telemetry_received', 'usage', 'telemetry_drops', 'crash_gaps', 'version_counts', 'alarms', 'entity_unique', 'entity_references']
  loop
    execute format('create policy ending on %I to holdfast_migration using (true)', t);
  end loop;
end
$$;
create policy ending on gateways for update to holdfast_migration using (true);

-- Removes at most `batch` rows of each kind of a tenant whose time is over; true when nothing is left to remove. The audit, change
-- rows, releases and the rows that they refer to stay: without the tenant's data key nobody can open a secret in them.
create function remove_tenant(in_tenant uuid, batch integer) returns boolean language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  t text;
  gateway uuid;
  removed bigint;
  left_over boolean := false;
begin
  perform from tenants where id = in_tenant and delete_after <= now() and deleted_at is null for update;
  if not found then
    raise exception 'the tenant is not at its end' using errcode = 'restrict_violation';
  end if;
  update data_planes set revoked_at = now(), revocation_reason = 'the tenant was deleted', connected = false
  where ctid = any(array(select ctid from data_planes where tenant_id = in_tenant and revoked_at is null limit batch));
  get diagnostics removed = row_count;
  if removed > 0 then
    -- Every instance hears of it, and ends their sessions.
    for gateway in update gateways set fleet_revision = fleet_revision + 1 where tenant_id = in_tenant returning id loop
      perform pg_notify('holdfast_changes', gateway::text);
    end loop;
    return false;
  end if;
  for gateway in update gateways set deleted_at = now() where tenant_id = in_tenant and deleted_at is null returning id loop
    perform pg_notify('holdfast_changes', gateway::text);
  end loop;
  foreach t in array array['entity_references', 'entity_unique', 'entities', 'usage', 'telemetry_received', 'telemetry_drops', 'crash_gaps', 'version_counts', 'alarms', 'join_tokens', 'operator_tokens',
    -- Of 011-sessions.sql.
    'sessions', 'operator_passwords', 'operator_identities', 'identity_providers'] loop
    execute format('delete from %I where ctid = any(array(select ctid from %I where tenant_id = $1 limit $2))', t, t) using in_tenant, batch;
    get diagnostics removed = row_count;
    if removed >= batch then
      left_over := true;
      exit;
    end if;
  end loop;
  if left_over then
    return false;
  end if;
  foreach t in array array['operators', 'roles', 'tenant_quotas', 'entity_counts', 'content_keys', 'tenant_keys',
    -- Of 012-secrets.sql.
    'data_key_rotations'] loop
    execute format('delete from %I where tenant_id = $1', t) using in_tenant;
  end loop;
  update tenants set deleted_at = now() where id = in_tenant;
  return true;
end
$$;
revoke all on function remove_tenant from public;
grant execute on function remove_tenant to holdfast_app;
