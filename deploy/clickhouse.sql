-- Tables for HOLDFAST_CLICKHOUSE_URL, for ClickHouse 22.3 and later. Run it once in the database that HOLDFAST_CLICKHOUSE_DATABASE names:
--   clickhouse-client --database default --multiquery < clickhouse.sql
-- On a cluster write ReplicatedMergeTree for MergeTree and leave the deduplication settings as they are: it has a window of its own, of
-- 1,000 inserts and an hour (100 and a week before 23). With another HOLDFAST_CLICKHOUSE_TABLE_PREFIX change the names.
--
-- Each batch comes as one INSERT with a deduplication token, and comes again under the same token until it was answered: a row is here exactly
-- once, as long as the window below holds the inserts between two attempts at a batch, and Holdfast's database loses no commits. Should you
-- doubt it: `id` is unique in each table.

CREATE TABLE IF NOT EXISTS holdfast_usage
(
    id             UInt64,
    tenant_id      UUID,
    gateway_id     UUID,
    data_plane_id  UUID,
    at             DateTime64(3, 'UTC'),   -- begin of the ten seconds
    arrived_at     DateTime64(3, 'UTC'),
    route_id       UUID,                   -- zeros: no route; so with consumers
    consumer_id    UUID,
    status         Int16,                  -- 0: the client went away before; -1: latencies of rows beyond the bound, without counts
    requests       UInt64,
    bytes_in       UInt64,
    bytes_out      UInt64,
    request_us     UInt64,                 -- sums of microseconds
    upstream_us    UInt64,
    gateway_us     UInt64,
    -- Latencies: microseconds (each within 1 % of what it stands for), and how many requests took so long.
    request_values Array(Float64),
    request_counts Array(UInt64),
    upstream_values Array(Float64),
    upstream_counts Array(UInt64),
    gateway_values Array(Float64),
    gateway_counts Array(UInt64)
)
ENGINE = MergeTree
PARTITION BY toDate(at)
ORDER BY (tenant_id, gateway_id, route_id, at)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS holdfast_targets
(
    id             UInt64,
    tenant_id      UUID,
    gateway_id     UUID,
    data_plane_id  UUID,
    at             DateTime64(3, 'UTC'),
    arrived_at     DateTime64(3, 'UTC'),
    upstream       String,
    target         String,
    address        String,
    attempts       UInt64,
    failed         UInt64,
    status_5xx     UInt64,
    latency_values Array(Float64),
    latency_counts Array(UInt64)
)
ENGINE = MergeTree
PARTITION BY toDate(at)
ORDER BY (tenant_id, gateway_id, upstream, at)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS holdfast_access_records
(
    id             UInt64,
    tenant_id      UUID,
    gateway_id     UUID,
    data_plane_id  UUID,
    received_at    DateTime64(3, 'UTC'),
    started_at     DateTime64(6, 'UTC'),
    request_id     String,
    trace_id       String,
    reason         LowCardinality(String),
    route_id       UUID,
    service_id     UUID,
    consumer_id    UUID,
    config_version String,
    status         UInt16,
    error_code     LowCardinality(String),
    method         LowCardinality(String),
    scheme         LowCardinality(String),
    host           LowCardinality(String),
    path           String,
    query          String,
    http_version   LowCardinality(String),
    tls_version    LowCardinality(String),
    tls_cipher     LowCardinality(String),
    client_address String,
    user_agent     String,
    target         String,
    retries        UInt32,
    total_us       UInt64,
    upstream_us    UInt64,
    gateway_us     UInt64,
    bytes_in       UInt64,
    bytes_out      UInt64,
    generated      UInt8,
    headers        Map(String, String)
)
ENGINE = MergeTree
PARTITION BY toDate(started_at)
ORDER BY (tenant_id, gateway_id, started_at)
TTL toDateTime(started_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;

-- Requests, and p99 in milliseconds, by route of the last hour. Buckets of any rows go together: these are true quantiles (within 1 %), over any
-- window and grouping.
--
--   SELECT route_id, sum(requests) AS all_requests, sumIf(requests, status >= 500) AS failed,
--          quantileExactWeightedArray(0.99)(request_values, request_counts) / 1000 AS p99_ms
--   FROM holdfast_usage WHERE tenant_id = '…' AND at >= now() - INTERVAL 1 HOUR GROUP BY route_id ORDER BY all_requests DESC;
