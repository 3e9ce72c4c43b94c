-- What sessions report, written in batches by every control-plane instance (data-plane-reports.ts). A data plane may have
-- sessions at two instances for a moment: the one that began last, by the database's clock, counts.
alter table data_planes
  add column session_id          uuid,
  add column session_started_at  timestamptz,
  -- When desired moved last.
  add column desired_at          timestamptz,
  -- How long the applied version took, from the first frame to the swap in the last thread.
  add column applied_took_ms     integer,
  -- Starts of its process that another one took over from, newest first. One that comes back is a second copy of the identity.
  add column earlier_boots       uuid[] not null default '{}',
  add column boot_returns        integer not null default 0,
  add column boot_returned_at    timestamptz;
