-- Instances as a provider that takes its time knows them: asked for in batches, perhaps again, and asked to end.

-- The batch in which it was asked for: asked again under the same token, the provider starts none twice.
alter table instance add column launch_token text not null default '';
-- The provider's own id; null until the provider has said that it started it.
alter table instance add column provider_id text;
-- When the provider is to be asked for it again; null: it is not.
alter table instance add column ask_again_at bigint;
-- When the provider was asked for its end last; null before.
alter table instance add column stop_asked_at bigint;

update instance set provider_id = id;

-- Where daemons listen: given when they are to start, and no part of what anybody wants. Rows of earlier releases have
-- it in their specs; the server that migrates moves it here.
create table placement (
    owner text primary key,    -- the cluster, for its controller; a group, for its nodes
    cluster_id text not null,
    address text not null,     -- an IP address
    ports text not null        -- JSON list: the controller's port, or one for each node, GROUP-1 first
);
