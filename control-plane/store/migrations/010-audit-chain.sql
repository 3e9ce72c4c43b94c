-- The audit's hash chain and checkpoints.

-- What kind of caller, with which credential (`token:<id>`, `session:<id>`), and the fields that changed: {before, after}.
-- Null in rows that an older version wrote.
alter table audit
  add column actor_kind  text,
  add column credential  text,
  add column changed     jsonb;

-- Rows of a tenant in the order of their ids, sealed in ranges: number n covers the ids behind the last one of number n - 1. Each
-- seal's hash covers the one before it, so a chain that two instances fork has no place for the second (primary key).
create table audit_seals (
  tenant_id  uuid not null references tenants,
  number     bigint not null check (number >= 1),
  last_id    bigint not null,
  rows       integer not null check (rows between 1 and 10000),
  -- Of each row its id (8 bytes) and the SHA-256 of its canonical content (32), so that an altered one can be named.
  entries    bytea not null check (octet_length(entries) = rows * 40),
  hash       bytea not null check (octet_length(hash) = 32),
  sealed_at  timestamptz not null default clock_timestamp(),
  primary key (tenant_id, number)
);

-- Signed statements of how far the chain is; `removal`: the one that stands for rows which retention removed up to there.
create table audit_checkpoints (
  tenant_id   uuid not null references tenants,
  number      bigint not null,
  removal     boolean not null default false,
  statement   text not null,
  created_at  timestamptz not null default clock_timestamp(),
  primary key (tenant_id, number, removal)
);

-- Where the chain begins after a removal from its front.
create table audit_floors (
  tenant_id  uuid primary key references tenants,
  number     bigint not null,
  last_id    bigint not null,
  hash       bytea not null,
  moved_at   timestamptz not null default clock_timestamp()
);

do $$
declare
  t text;
begin
  foreach t in array array['audit_seals', 'audit_checkpoints', 'audit_floors'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app, holdfast_ingest using (tenant_id = current_tenant())', t);
    execute format('create policy all_tenants on %I to holdfast_publisher using (true)', t);
    execute format('create policy history on %I to holdfast_migration using (true)', t);
    execute format('grant select on %I to holdfast_app, holdfast_publisher', t);
  end loop;
end
$$;
-- Sealing is not the app role's: who may write audit rows may not seal them.
grant insert on audit_seals, audit_checkpoints to holdfast_publisher;
grant select on audit to holdfast_publisher;
grant select on sequence audit_id_seq to holdfast_publisher;
create policy all_tenants_to_seal on audit for select to holdfast_publisher using (true);
create policy history on audit to holdfast_migration using (true);

-- Number and time of a row are given by the database: who could choose them could write in the past, or so far ahead that it is
-- never sealed.
revoke insert on audit from holdfast_app, holdfast_publisher;
grant insert (tenant_id, gateway_id, operator_id, actor, address, request_id, action, subject_kind, subject_id, epoch, sequence, details, actor_kind, credential, changed)
  on audit to holdfast_app, holdfast_publisher;

create trigger append_only before update or truncate on audit_seals for each statement execute function refuse_rewriting();
create trigger ends_by_retention before delete on audit_seals for each statement execute function refuse_deleting();
create trigger append_only before update or delete or truncate on audit_checkpoints for each statement execute function refuse_rewriting();
drop trigger append_only on audit;
create trigger append_only before update or truncate on audit for each statement execute function refuse_rewriting();
create trigger ends_by_retention before delete on audit for each statement execute function refuse_deleting();

-- Removes at most `batch` rows from the front of a tenant's audit, up to and including a seal for which a removal is signed; the
-- newest seal always stays.
create function remove_audit(in_tenant uuid, through bigint, batch integer, out removed integer) language plpgsql security definer set search_path = holdfast, pg_temp as $$
declare
  sealed record;
  behind bigint;
begin
  select s.number, s.last_id, s.hash into sealed from audit_seals s
  where s.tenant_id = in_tenant and s.number = through and exists (select from audit_seals later where later.tenant_id = in_tenant and later.number = through + 1)
  and exists (select from audit_checkpoints c where c.tenant_id = in_tenant and c.number = through and c.removal);
  if sealed is null then
    raise exception 'audit rows are removed up to a seal whose removal is signed, and never the newest' using errcode = 'restrict_violation';
  end if;
  insert into audit_floors as floor (tenant_id, number, last_id, hash) values (in_tenant, sealed.number, sealed.last_id, sealed.hash)
  on conflict (tenant_id) do update set number = excluded.number, last_id = excluded.last_id, hash = excluded.hash, moved_at = clock_timestamp()
  where floor.number < excluded.number;
  perform set_config('holdfast.removing_history', 'on', true);
  select max(id) into behind from (select id from audit where tenant_id = in_tenant and id <= sealed.last_id order by id limit batch) old;
  delete from audit where tenant_id = in_tenant and id <= behind;
  get diagnostics removed = row_count;
  if removed < batch then
    delete from audit_seals where tenant_id = in_tenant and number < through;
  end if;
  perform set_config('holdfast.removing_history', '', true);
end
$$;
revoke all on function remove_audit from public;
grant execute on function remove_audit to holdfast_publisher;
