-- The tasks of arrays that wait, as Slurm was asked last: of those that are cancelled before they start it keeps no record,
-- and whoever asks next, after a restart, would not know that there were any.

create table waiting_tasks (
    cluster_id text primary key,
    seen_at bigint not null, -- when Slurm was asked
    tasks text not null      -- JSON: the ids, as 12_[4-9]
);
