-- The nodes of a group, by what their names begin with, `compute-1-`: its timeline is read without looking at others' events.
create index event_by_node_group on event (cluster_id, (rtrim(resource_id, '0123456789')), at desc, id)
    where resource_type = 'node';
