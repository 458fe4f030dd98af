-- Where an instance can be reached that has an address of its own. Those of the server's host have none.
alter table instance add column address text;
