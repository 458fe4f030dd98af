-- Each run of a script in a node's life, as the node reported it: what people look at when one failed. Kept as long as
-- instances are.
create table script_run (
    instance_id text not null,          -- on which instance
    number bigint not null,             -- in which order its runs were reported
    cluster_id text not null,           -- whose node it was
    node_name text not null,            -- and which
    at bigint not null,                 -- when it was reported
    run text not null,                  -- stage, name, start, end, why it failed and the end of its log, JSON
    primary key (instance_id, number)
);
create index script_run_by_node on script_run (cluster_id, node_name, at);
create index script_run_by_age on script_run (at);
