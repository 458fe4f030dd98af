-- What is wanted, what is in force, and who changed it.

-- A named number. `change` serialises all writers: each writing transaction takes the next number first.
create table counter (
    name text primary key,
    value bigint not null
);
insert into counter (name, value) values ('change', 0);

-- One row per thing that changed in a transaction: wakes reconcilers and feeds the live stream.
create table change (
    seq bigint not null,          -- the transaction's number from `counter`
    kind text not null,           -- model::live::Kind
    cluster_id text not null,
    resource_id text not null,
    primary key (seq, kind, resource_id)
);

-- The three nouns have the same columns so that they share their queries.
create table cluster (
    id text primary key,          -- pcs_ and ten of [a-z0-9]
    cluster_id text not null,     -- its own id
    name text not null,
    status text not null,         -- model::status::Status
    generation bigint not null,   -- grows with each accepted change; a reconciler writes back only what it read
    spec text not null,           -- JSON: what is wanted
    applied_spec text,            -- JSON: what was last in force; null until the first success
    error_info text not null,     -- JSON list: why the last change failed, in words for people
    created_at bigint not null,
    modified_at bigint not null,
    unique (name)
);

create table compute_node_group (
    id text primary key,
    cluster_id text not null,
    name text not null,
    status text not null,
    generation bigint not null,
    spec text not null,
    applied_spec text,
    error_info text not null,
    created_at bigint not null,
    modified_at bigint not null,
    unique (cluster_id, name)
);

create table queue (
    id text primary key,
    cluster_id text not null,
    name text not null,
    status text not null,
    generation bigint not null,
    spec text not null,
    applied_spec text,
    error_info text not null,
    created_at bigint not null,
    modified_at bigint not null,
    unique (cluster_id, name)
);

-- One attempt to run a node, kept for a while after its end (N14, X4).
create table instance (
    id text primary key,               -- i- and 17 hexadecimal digits
    cluster_id text not null,
    compute_node_group_id text not null,
    node_name text not null,           -- GROUP-N
    instance_type text not null,
    launch_generation bigint not null, -- the group's when it was launched; an older one is to be replaced
    bootstrap_hash text not null,      -- SHA-256 of the single-use secret, never the secret (A8)
    launched_at bigint not null,
    registered_at bigint,              -- when it used its bootstrap id
    ready_at bigint,                   -- when Slurm took the node as up
    ended_at bigint,                   -- null while it is wanted or its processes may live
    reason text,                       -- why it ended
    steps text not null,               -- JSON list of boot steps
    unique (bootstrap_hash)
);
create index instance_by_cluster on instance (cluster_id, ended_at);

create table tag (
    resource_arn text not null,
    key text not null,
    value text not null,
    primary key (resource_arn, key)
);

-- Secrets of clusters, sealed with the data key (C10, C13).
create table secret (
    arn text primary key,
    cluster_id text not null,
    version text not null,
    sealed text not null
);

-- Answers to remember for client tokens, kept for a day.
create table idempotency (
    principal text not null,
    operation text not null,
    token text not null,
    request_hash text not null,   -- the same token with other content is refused
    response text not null,
    created_at bigint not null,
    primary key (principal, operation, token)
);

-- Who changed what, written in the transaction that changes it.
create table audit (
    id text primary key,
    at bigint not null,
    request_id text not null,
    principal text not null,      -- ARN
    operation text not null,
    resource_arn text not null,
    request text not null         -- JSON as it was asked, without secrets
);
create index audit_by_time on audit (at);

-- The timeline: what the service did and why.
create table event (
    id text primary key,
    at bigint not null,
    cluster_id text not null,
    resource_type text not null,
    resource_id text not null,
    message text not null,
    actor text not null
);
create index event_by_cluster on event (cluster_id, at);

-- Who of several servers on one database reconciles.
create table lease (
    name text primary key,
    holder text not null,
    expires_at bigint not null
);
