-- Each ask for instances: one row for a batch. It is written before the provider is asked; which nodes it is for, and which
-- instances came, stands in the rows of the instances, which have its token. Kept as long as those.
create table launch_attempt (
    token text primary key,             -- of the batch
    cluster_id text not null,           -- whose it is
    compute_node_group_id text not null, -- for which group
    at bigint not null,                 -- when it was asked for first, or was about to be
    wanted bigint not null,             -- for how many nodes
    resting text not null,              -- pools that were to be left out, JSON; the same whenever it is asked for again
    asks bigint not null default 0,     -- how often it was answered, well or not
    answered_at bigint,                 -- when it was answered last; null: not yet
    came bigint not null default 0,     -- how many instances the provider named
    pools text not null default '[]',   -- in which pools it was asked for, JSON
    strategy text,                      -- by which the provider chose among them; null: it has no such thing
    errors text not null default '[]'   -- what pools said, each with the provider's code and words, JSON
);
create index launch_attempt_by_age on launch_attempt (at);

-- Pools of instances, a type in a place bought in one way, that had nothing when they were asked last. One that has some is
-- not here.
create table pool_health (
    instance_type text not null,
    place text not null,                -- a subnet; empty: the provider has one place only
    purchase text not null,             -- how it is bought, as ONDEMAND or SPOT
    failures bigint not null,           -- how often in a row it had nothing
    open_until bigint not null,         -- until then it is left alone; after that the next batch tries it
    probed_at bigint,                   -- since when a batch tries it; null: none does
    code text,                          -- what the provider said last, its own code; null: it said none
    message text not null,              -- and its words
    primary key (instance_type, place, purchase)
);
