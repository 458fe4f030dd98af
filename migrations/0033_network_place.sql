-- Where in the provider's network an instance is: its zone and the network nodes that it is below, from the farthest to the
-- nearest, with slashes between; empty: the provider tells of none; null: not asked for.
alter table instance add column network_place text;
