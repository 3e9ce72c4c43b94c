-- Rules of alerts, what they are met by now, and who is told: webhooks and what is on its way to them.

create table webhooks (
  tenant_id   uuid not null references tenants,
  id          uuid not null,
  name        text not null,
  -- Scheme and host of its URL: the rest is often a secret itself.
  origin      text not null,
  -- Envelope: the URL, and what messages are signed with.
  sealed      bytea not null,
  enabled     boolean not null default true,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table alert_rules (
  tenant_id       uuid not null,
  gateway_id      uuid not null,
  id              uuid not null,
  name            text not null,
  -- control-plane/alerts/alert-rule.ts
  content         jsonb not null,
  enabled         boolean not null,
  -- When the next look is due; whoever looks moves it.
  due_at          timestamptz not null default now(),
  -- Counts its changes: a look at an older one is worth nothing.
  revision        integer not null default 1,
  -- Counts the looks that were begun, and which of them was noted last: one that took longer than a later one changes nothing.
  turn            bigint not null default 0,
  noted_turn      bigint not null default -1,
  looked_at       timestamptz,
  -- Since when somebody looks without a pause: before it, silence is our own.
  watched_since   timestamptz,
  -- Of the last look; null where it went well.
  failure         text,
  -- What it was met by beyond what can stand.
  left_out        integer not null default 0,
  muted_until     timestamptz,
  muted_reason    text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (tenant_id, gateway_id, id),
  unique (tenant_id, gateway_id, name),
  foreign key (tenant_id, gateway_id) references gateways (tenant_id, id)
) with (fillfactor = 70);
create index alert_rules_due on alert_rules (due_at) where enabled;

create table alert_states (
  tenant_id   uuid not null,
  gateway_id  uuid not null,
  rule_id     uuid not null,
  -- '' for the gateway as a whole; else a group's id, a data plane's, or an alarm.
  subject     text not null,
  state       text not null check (state in ('pending', 'firing')),
  since       timestamptz not null,
  fired_at    timestamptz,
  -- Null where nobody was told: it is pending, or the rule was muted.
  told_at     timestamptz,
  -- Since when it is not met any more.
  absent_since timestamptz,
  value       double precision not null,
  detail      text not null,
  primary key (tenant_id, gateway_id, rule_id, subject),
  foreign key (tenant_id, gateway_id, rule_id) references alert_rules on delete cascade
);

-- Written with the state that it tells of, in one transaction: nothing is told twice by us, and nothing forgotten.
create table webhook_deliveries (
  tenant_id     uuid not null,
  webhook_id    uuid not null,
  -- The message's own: the same for every attempt, and for every webhook.
  event_id      uuid not null,
  -- What it tells of: the rule and what it is met by, hashed. Messages of one are sent one after the other. Null: of nothing.
  about         bytea,
  body          text not null,
  created_at    timestamptz not null,
  attempts      integer not null default 0,
  -- Null once it was delivered or given up.
  due_at        timestamptz,
  delivered_at  timestamptz,
  last_status   integer,
  last_error    text,
  primary key (tenant_id, webhook_id, event_id),
  foreign key (tenant_id, webhook_id) references webhooks on delete cascade
);
create index webhook_deliveries_due on webhook_deliveries (due_at) where due_at is not null;
create index webhook_deliveries_waiting on webhook_deliveries (tenant_id, webhook_id, due_at) where due_at is not null;
create index webhook_deliveries_ended on webhook_deliveries (created_at) where due_at is null;
create index webhook_deliveries_of on webhook_deliveries (tenant_id, webhook_id, created_at);

grant select, insert, update, delete on webhooks, alert_rules to holdfast_app;
grant select, delete on alert_states to holdfast_app;
grant select, insert, delete on webhook_deliveries to holdfast_app;
-- Looking and telling, for all tenants.
grant select on webhooks to holdfast_publisher;
grant select, update (due_at, failure, turn, noted_turn, looked_at, watched_since, left_out) on alert_rules to holdfast_publisher;
grant select, insert, update, delete on alert_states, webhook_deliveries to holdfast_publisher;

do $$
declare
  t text;
begin
  foreach t in array array['webhooks', 'alert_rules', 'alert_states', 'webhook_deliveries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app using (tenant_id = current_tenant())', t);
    execute format('create policy all_tenants on %I to holdfast_publisher using (true)', t);
    execute format('create policy backup on %I for select to holdfast_migration using (true)', t);
    execute format('create policy ending on %I to holdfast_migration using (true)', t);
  end loop;
end
$$;

-- As 019-telemetry.sql has it, with what is here.
create or replace function remove_tenant(in_tenant uuid, batch integer) returns boolean language plpgsql security definer set search_path = holdfast, pg_temp as $$
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
    'sessions', 'operator_passwords', 'operator_identities', 'identity_providers',
    -- Of 019-telemetry.sql; of tables by time, each partition.
    'counted_until', 'records_received',
    -- Of 020-alerts.sql.
    'webhook_deliveries', 'alert_states', 'alert_rules', 'webhooks'] || array(
      select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
      where p.relnamespace = 'holdfast'::regnamespace and p.relkind = 'p' order by 1) loop
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
    'data_key_rotations', 'tenant_retention'] loop
    execute format('delete from %I where tenant_id = $1', t) using in_tenant;
  end loop;
  update tenants set deleted_at = now() where id = in_tenant;
  return true;
end
$$;
