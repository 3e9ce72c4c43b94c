-- Rotation of root, publish, content and certificate-authority keys; epochs.

-- Moves with every change of root statements, publish keys and certificate authorities: every control plane reads them again.
-- What concerns one gateway (delegations, epochs, content keys) moves that gateway's fleet_revision.
create table trust_state (
  only_row  boolean primary key default true check (only_row),
  revision  bigint not null default 0
);
insert into trust_state default values;
grant select, update (revision) on trust_state to holdfast_publisher;

-- A new epoch is begun with its statement, in one transaction; that statement, not this right, is what data planes go by.
grant update (epoch, head_sequence, fleet_revision) on gateways to holdfast_publisher;
-- An epoch statement is signed again by a new root set; the statement it replaces says the same.
grant update (statement) on statements to holdfast_publisher;
-- Whoever changes keys is told of in the audit in the same transaction.
create policy append_for_all_tenants on audit for insert to holdfast_publisher with check (true);
grant insert on audit to holdfast_publisher;

-- The key that digests and sealed secrets of new writes stand under: a write that was prepared with another one is refused.
alter table gateways add column content_key_id integer not null default 1;
-- The version from which on everything published stands under this key; null for a gateway's first.
alter table content_keys add column from_epoch bigint;
alter table content_keys add column from_sequence bigint;
alter table content_keys add column retired_at timestamptz;
grant update (from_sequence, retired_at) on content_keys to holdfast_app;

-- Fingerprint of the authority that signed the certificate; null: the installation's first.
alter table data_planes add column certificate_authority text;
-- What it says it accepted while the gateway's head was behind that: a control plane restored from an old backup.
alter table data_planes add column ahead_epoch bigint;
alter table data_planes add column ahead_sequence bigint;
-- It showed a manifest of that version which a publish key of ours signed: only such a claim keeps a gateway from publishing.
alter table data_planes add column ahead_proved boolean not null default false;
create index data_planes_ahead on data_planes (tenant_id, gateway_id) where ahead_proved;
