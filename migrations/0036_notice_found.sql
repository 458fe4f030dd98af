-- Who has read all up to a time has not read what is found later, though it may have happened before.
alter table user_notice add column made_at bigint not null default 0; -- when it was found
update user_notice set made_at = at;
create index user_notice_by_find on user_notice (user_arn, made_at);
