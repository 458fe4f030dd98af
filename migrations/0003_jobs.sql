-- What happened in a form that can be told in any language, replacements that a person asked for, and jobs that ended.

-- Which kind of thing happened (explain::What); empty for rows of before, which have only their message.
alter table event add column code text not null default '';
-- JSON: the code's own parameters.
alter table event add column parameters text not null default '{}';
create index event_by_resource on event (cluster_id, resource_type, resource_id, at);

-- JSON (explain::Cause): why it ended, in a form that can be told in any language; null for rows of before.
alter table instance add column cause text;
-- Why a person wants another instance in its place; null while nobody does.
alter table instance add column replace_reason text;
-- 1: at once, its jobs go back to the queue; 0: after its jobs.
alter table instance add column replace_now bigint not null default 0;
create index instance_by_node on instance (cluster_id, node_name, launched_at);

-- Jobs that ended: Slurm forgets them after a minute.
create table job (
    cluster_id text not null,
    id text not null,             -- Slurm's id, array tasks as 12_3
    ended_at bigint not null,
    record text not null,         -- JSON: all that Slurm told of it (model::job::JobRecord)
    script text,                  -- its batch script; null when it had none or there was no time to ask
    primary key (cluster_id, id)
);
create index job_by_end on job (cluster_id, ended_at);
