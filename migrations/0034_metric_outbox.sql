-- Minutes of clusters that the account's own store of metrics does not have yet: rows of `metric` whose period is a minute.
create table metric_outbox (
    at bigint not null,        -- when the minute begins, in milliseconds since 1970
    cluster_id text not null,  -- whose it is; the cluster may be deleted
    primary key (at, cluster_id)
);
-- The clusters whose minutes wait since that store refused some, or was not there.
create table metric_failure (
    cluster_id text primary key,
    since bigint not null      -- when the first one was refused, in milliseconds since 1970
);
