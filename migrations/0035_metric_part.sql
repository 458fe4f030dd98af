-- What was measured of the groups, queues and instance types of clusters, over time: kept as the rows of `metric` are.
create table metric_part (
    cluster_id text not null,  -- whose they are; the cluster may be deleted
    part text not null,        -- of what kind they are: group, queue, instance-type (model::metric_part::By)
    period bigint not null,    -- how long it is, in milliseconds
    at bigint not null,        -- when it begins: a multiple of its length
    measured text not null,    -- JSON: by the name of each, what was measured (db::measured::Measured)
    primary key (cluster_id, part, period, at)
);
-- For what is too old.
create index metric_part_by_age on metric_part (period, at);
