-- Several servers on one database: each keeps the clusters whose daemons run on its host.

create table server (
    id text primary key,       -- of its data directory
    url text not null,         -- where people reach it
    host text not null,        -- the name of its host
    seen_at bigint not null    -- when it wrote here last
);

-- The server on whose host the daemons run; empty in rows of earlier releases until one claims them.
alter table placement add column server text not null default '';

