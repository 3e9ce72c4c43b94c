-- Sign-in of people: identity providers (OpenID Connect), passwords for the day on which none answers, and the sessions that
-- either begins.

create table identity_providers (
  tenant_id      uuid not null references tenants,
  id             uuid not null,
  name           text not null,
  issuer         text not null,
  client_id      text not null,
  -- Envelope; null of a public client.
  client_secret  bytea,
  scopes         text[] not null,
  groups_claim   text not null,
  -- [{"group": "platform", "role": "admin"}]
  role_mappings  jsonb not null default '[]',
  -- Of those without a mapped group; null: they are turned away.
  default_role   text,
  session_hours  integer not null check (session_hours between 1 and 720),
  enabled        boolean not null default true,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

-- Who an operator is at an identity provider: made by the first sign-in.
create table operator_identities (
  tenant_id    uuid not null,
  provider_id  uuid not null,
  subject      text not null,
  operator_id  uuid not null,
  primary key (tenant_id, provider_id, subject),
  foreign key (tenant_id, provider_id) references identity_providers on delete cascade,
  foreign key (tenant_id, operator_id) references operators (tenant_id, id) on delete cascade
);
create index operator_identities_operator on operator_identities (tenant_id, operator_id);

-- argon2id in PHC's form. Failures lock the password, not the operator.
create table operator_passwords (
  tenant_id     uuid not null,
  operator_id   uuid not null,
  hash          text not null,
  failures      integer not null default 0,
  locked_until  timestamptz,
  changed_at    timestamptz not null default now(),
  primary key (tenant_id, operator_id),
  foreign key (tenant_id, operator_id) references operators (tenant_id, id) on delete cascade
);

create table sessions (
  tenant_id     uuid not null,
  id            uuid not null,
  operator_id   uuid not null,
  -- By which it began; null: with a password.
  provider_id   uuid,
  token_hash    bytea not null unique check (octet_length(token_hash) = 32),
  -- What the groups gave at the beginning; null: the operator's own role.
  roles         text[],
  address       text not null,
  user_agent    text not null,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  last_used_at  timestamptz,
  revoked_at    timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, operator_id) references operators (tenant_id, id) on delete cascade,
  foreign key (tenant_id, provider_id) references identity_providers on delete cascade
);
create index sessions_operator on sessions (tenant_id, operator_id);
create index sessions_over on sessions (expires_at);

grant select, insert, update, delete on identity_providers, operator_identities, operator_passwords, sessions to holdfast_app;
-- Before anybody is known: by the tenant's and the provider's name, and by the digest of a session's token.
grant select on identity_providers, operator_passwords, sessions to holdfast_authentication;
grant update (last_used_at) on sessions to holdfast_authentication;

do $$
declare
  t text;
begin
  foreach t in array array['identity_providers', 'operator_identities', 'operator_passwords', 'sessions'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_tenant on %I to holdfast_app using (tenant_id = current_tenant())', t);
    execute format('create policy ending on %I to holdfast_migration using (true)', t);
  end loop;
  foreach t in array array['identity_providers', 'operator_passwords', 'sessions'] loop
    execute format('create policy all_tenants_to_authenticate on %I for select to holdfast_authentication using (true)', t);
  end loop;
end
$$;
create policy note_use on sessions for update to holdfast_authentication using (true);
