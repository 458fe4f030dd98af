-- A job's end can be found long after it was: while its server was away, or its accounting. Who is to be told looks at what
-- was found since the last look.
alter table past_job add column found_at bigint not null default 0; -- when the end was found; 0: before there was this
create index past_job_by_find on past_job (found_at, cluster_id, id) where found_at > 0;
