-- What is done outside the database is in the audit trail before it is done.

-- What became of it: 'done'; 'asked', when nobody came back to say; or the words with which it failed.
alter table audit add column outcome text not null default 'done';
