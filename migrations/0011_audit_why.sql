-- Which request a change was made for.

-- 'api', 'command', 'console' or 'instance'; empty in rows of before.
alter table audit add column why text not null default '';
