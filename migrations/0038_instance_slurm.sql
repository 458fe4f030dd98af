-- Nodes outlive an upgrade of their cluster's Slurm, and are exchanged once they have nothing to do.
alter table instance add column slurm_version text; -- the cluster's when it was asked for, as 24.11; none: before there was this
