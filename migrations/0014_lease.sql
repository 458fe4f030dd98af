-- Of the processes that could run a cluster, one does.

create table cluster_lease (
    cluster_id text primary key,
    server text not null,      -- the holder: of which server
    process text not null,     -- and which process of it; it holds the lease as long as its server's row says that it lives
    epoch bigint not null      -- grows with each new holder; every write of the cluster's reconcilers is for one epoch
);

-- The process that speaks for the server, a new name at each start; empty: none does, it has ended or is of before.
-- From here on `seen_at` is by the database's clock, for those of hosts may be minutes apart.
alter table server add column process text not null default '';

-- Clusters whose server will never return, as somebody said: they can only be deleted, by any server, and what is on that
-- server's disk stays.
create table forgotten (
    cluster_id text primary key,
    server text not null,      -- whose it was
    host text not null,        -- where its files are, if they still are
    at bigint not null         -- when it was said
);

-- Made for the same and never used.
drop table lease;
