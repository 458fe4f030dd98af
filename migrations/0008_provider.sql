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
