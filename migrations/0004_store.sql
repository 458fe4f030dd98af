-- Whose database this is, and what may be removed.

-- One row, made when the database is first opened: data directories carry the same id.
create table store (
    name text primary key,        -- always 'store'
    id text not null              -- 32 hexadecimal digits
);

-- What was deleted on purpose. Nothing else is ever removed from disk: what the database merely does not know may belong
-- to another database, or to a newer one than the backup that was restored.
create table tombstone (
    cluster_id text not null,
    id text not null,             -- the cluster's own id, or an instance's
    at bigint not null,
    primary key (cluster_id, id)
);
