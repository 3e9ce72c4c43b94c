-- Where telemetry also goes: how far each sink has taken each stream (control-plane/store/sink-store.ts). Of the installation, not of a
-- tenant. A batch is noted before it is sent, so that whoever sends it again, another control plane too, sends the same rows under the same id.
create table sink_watermarks (
  sink            text not null,
  stream          text not null,
  -- All rows up to here were sent, or are counted as lost.
  taken_id        bigint not null default 0,
  -- End of the time that was told of: deltas follow one another without a gap.
  sent_until      timestamptz,
  batch_id        uuid,
  batch_until_id  bigint,
  batch_until     timestamptz,
  batch_rows      bigint,
  sent            bigint not null default 0,
  -- Gone before they were sent, or refused for good; how many of them operators were told of.
  lost            bigint not null default 0,
  told_lost       bigint not null default 0,
  -- Which control plane sends; others wait until then.
  holder          uuid,
  lease_until     timestamptz not null default now(),
  seen_at         timestamptz not null default now(),
  primary key (sink, stream)
);
grant select, insert, update, delete on sink_watermarks to holdfast_publisher;

-- Sinks follow the records of all tenants by their numbers.
create index access_records_of_all on access_records (id);
grant select on sequence access_record_ids to holdfast_publisher;
