-- Where an instance can be reached that has an address of its own. Those of the server's host have none.
alter table instance add column address text;
-- Of the random text with which it claimed to be this one, the hash: an answer that got lost is given again, to nobody else.
alter table instance add column claim_hash text;
