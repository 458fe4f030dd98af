-- Jobs that ended, over all time: what lists of past jobs show, filter and page. Copied from Slurm's accounting where a
-- cluster has it, else as far as OpenPCS saw them end itself.
create table past_job (
    cluster_id text not null,     -- whose job it was; the cluster may be deleted
    id text not null,             -- as Slurm writes it: 12, 12_3, 12_[4-9], 13+1; cut where it is too long for a key
    ended_at bigint not null,     -- its last end, should it have been requeued
    name text not null,           -- this and the next four are cut where they are too long for an index
    user_name text not null,
    account text not null,        -- empty without accounting
    queue text not null,          -- the partition
    state text not null,          -- Slurm's long word, without who cancelled it
    accounted bigint not null,    -- 1: accounting said so; 0: OpenPCS itself saw it end
    record text not null,         -- JSON: all facts but its steps (model::past_job::PastJob)
    steps text not null,          -- JSON: its steps, the first of them if they are many (model::past_job::PastStep)
    primary key (cluster_id, id)
);
-- All that a list can ask for, so that a filter over a million jobs reads this and no rows.
create index past_job_by_end on past_job (ended_at, cluster_id, id, user_name, account, queue, state, name);

-- How far a cluster's accounting was copied, and what is left of clusters that were deleted.
create table past_cluster (
    cluster_id text primary key,
    name text not null,           -- by which people know it once it is deleted
    copied_until bigint not null, -- jobs that ended before are copied; 0: none yet
    deleted_at bigint             -- its jobs are kept for a while longer; null while it is there
);
