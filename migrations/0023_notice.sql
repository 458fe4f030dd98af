-- What the provider said of the instance's end before it came, as JSON: see `app::model::notice`. The gravest of it.
alter table instance add column notice text;
-- When its jobs were told to save what they have, in milliseconds since 1970.
alter table instance add column warned_at bigint;

-- How often a job lost its nodes because their provider took them: a job to which that happens too often is held.
create table interruption (
    cluster_id text not null,  -- of the job
    job text not null,         -- its own number, also of an array's task
    times bigint not null,     -- how often, once at least
    last_at bigint not null,   -- when last, in milliseconds since 1970
    primary key (cluster_id, job)
);
