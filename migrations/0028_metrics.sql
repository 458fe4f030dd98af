-- What was measured of clusters, over time: one row for a cluster and a period. Each minute is added to a row of each length,
-- so that long times are read from few rows; each length is kept for its own time (model::metric::TIERS). A time in which
-- nobody measured has no rows.
create table metric (
    cluster_id text not null,  -- whose it is; the cluster may be deleted
    period bigint not null,    -- how long it is, in milliseconds
    at bigint not null,        -- when it begins: a multiple of its length
    measured text not null,    -- JSON: count, sum, minimum and maximum of each metric (db::measured::Measured)
    primary key (cluster_id, period, at)
);
-- For what is too old.
create index metric_by_age on metric (period, at);
-- What was started lately, of all clusters.
create index instance_by_launch on instance (launched_at);
