-- The runs of a job that ended with the job back in the queue: Slurm itself knows only the last one.
create table job_life (
    cluster_id text not null,
    job_id text not null,         -- Slurm's id, array tasks as 12_3
    restarts bigint not null,     -- how often it had been requeued before: 0 for the first life
    submitted_at bigint not null, -- when it came into the queue for this life
    ended_at bigint not null,     -- when it was back in the queue
    life text not null,           -- JSON: the whole of it (model::job_life::Life)
    primary key (cluster_id, job_id, restarts)
);
create index job_life_by_end on job_life (cluster_id, ended_at);
