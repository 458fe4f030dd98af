-- Where the logs of clusters go: a delivery has the log of a source brought to a destination. Operations of AWS's `logs`
-- and the console write them.
create table delivery_source (
    name text primary key,              -- what people call it
    cluster_id text not null,           -- whose log it is
    log_type text not null,             -- which of its logs, in AWS's word: PCS_SCHEDULER_LOGS …
    created_at bigint not null          -- when it was made
);
-- A log has one source.
create unique index delivery_source_by_log on delivery_source (cluster_id, log_type);
create table delivery_destination (
    name text primary key,              -- what people call it
    resource_arn text not null,         -- the log group, bucket, stream or directory behind it
    policy text,                        -- who else may deliver to it, JSON; none: nobody was named
    created_at bigint not null          -- when it was made
);
create table delivery (
    id text primary key,                -- letters and digits
    source_name text not null,          -- the source's name
    destination_name text not null,     -- the destination's name
    created_at bigint not null,         -- when it was made: lines from then on are delivered
    delivered_at bigint,                -- when the newest lines were accepted; none: no line yet
    delivered_lines bigint not null default 0, -- how many lines were accepted
    error text,                         -- why lines wait; none: they do not
    error_since bigint                  -- since when
);
-- A source is brought to a destination once.
create unique index delivery_by_ends on delivery (source_name, destination_name);
create index delivery_by_destination on delivery (destination_name);
