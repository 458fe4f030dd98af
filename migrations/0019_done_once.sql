-- What is done once for a database and never again.

create table done_once (
    name text primary key,     -- 'first-start': a first user, password and access key were made
    at bigint not null         -- when; 0: before this was written down
);

-- Where anybody is known, somebody came in already, or `openpcs key create` lets them in.
insert into done_once (name, at) select 'first-start', 0 where exists (select 1 from user_account);
