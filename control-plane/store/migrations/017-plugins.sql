-- Schemas of plugins that are not part of this software, by version. What is registered is never changed: a data plane that runs a
-- version has what stands here, or says otherwise. Belongs to no tenant.
create table registered_plugins (
  name           text not null,
  version        text not null,
  -- SHA-256 over the files of the plugin, lower-case hex.
  hash           text not null check (hash ~ '^[0-9a-f]{64}$'),
  schema         jsonb not null,
  registered_at  timestamptz not null default now(),
  registered_by  text not null,
  primary key (name, version)
);

grant select, insert on registered_plugins to holdfast_publisher;
