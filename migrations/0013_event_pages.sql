-- Pages of the timeline, newest first: of a cluster, and of one resource. What was by time only is now in the order of a page.
drop index event_by_cluster;
create index event_by_time on event (cluster_id, at desc, id);
drop index event_by_resource;
create index event_by_resource on event (cluster_id, resource_type, resource_id, at desc, id);
