-- What was submitted through the console, for as long as a killed controller may lose it: it is then submitted again.
create table submission (
    cluster_id text not null,
    job_id text not null,         -- as sbatch answered it
    principal text not null,      -- ARN: whose token it is
    token text not null,          -- empty: it came without one
    options text not null,        -- JSON list: sbatch's arguments
    script text not null,
    at bigint not null,
    primary key (cluster_id, job_id)
);
