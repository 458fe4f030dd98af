-- What a group owns at its provider beside its instances, as a launch template made of the customer's: there before the
-- first of its instances, gone before the group. Only groups of providers that say so have a row. It is written before
-- the provider is asked, so that after a crash nothing is forgotten that may have been made.
create table owned_resource (
    compute_node_group_id text primary key,
    cluster_id text not null,
    asked_generation bigint not null,   -- for which launch generation of the group the provider was asked last, or is about to be
    ready_generation bigint,            -- for which it is there; null: not yet for any
    made text,                          -- how the provider names what is there; null: it never said so
    releasing bigint not null default 0, -- 1: the provider was asked to remove it, or is about to be
    ask_again_at bigint,                -- not before then the provider is to be asked again; null: at once
    failures bigint not null default 0, -- how often in a row the provider said that it cannot
    error text                          -- what it said last, if it cannot; for people
);
create index owned_resource_by_cluster on owned_resource (cluster_id);

-- What the group owned when the instance was asked for: asked again, the same is asked. Null: nothing.
alter table instance add column owned text;
