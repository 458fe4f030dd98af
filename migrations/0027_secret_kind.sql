-- A cluster may have more than one secret: that by which its daemons know each other, and that which signs tokens of the
-- REST API.
alter table secret add column kind text not null default 'slurm'; -- slurm or jwt; one of each per cluster at most
