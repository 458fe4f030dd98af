-- Each call, allowed or refused, and each thing that the service does by itself, as a record of CloudTrail's shape; chained,
-- so that one that is removed or changed shows.

-- The place in the chain, from 1; null in rows of before there was one, and while nobody knows yet what became of it.
alter table audit add column number bigint;
-- SHA-256 in hexadecimal, over the hash of the record before and this one's text (db::audit::chain).
alter table audit add column hash text not null default '';
-- JSON as CloudTrail has it, without what the server adds when it is read: region and account (db::audit::record).
alter table audit add column record text not null default '';
-- What of it is searched by: eventSource, userIdentity.userName, userIdentity.accessKeyId, errorCode, and readOnly as 0 or 1.
alter table audit add column event_source text not null default '';
alter table audit add column user_name text not null default '';
alter table audit add column access_key text not null default '';
alter table audit add column error_code text not null default '';
alter table audit add column read_only bigint not null default 0;
create unique index audit_by_number on audit (number);
create index audit_by_operation on audit (operation, number);
create index audit_by_user on audit (user_name, number);
create index audit_by_resource on audit (resource_arn, number);

-- Where the chain begins and ends.
create table audit_chain (
    name text primary key,   -- 'start': the last record that was pruned; 'end': the last that was written
    number bigint not null,  -- its number; 0: there was none
    hash text not null       -- its hash, which the next one goes on from
);
insert into audit_chain (name, number, hash) values ('start', 0, ''), ('end', 0, '');
