-- -1 as a group's own idle time used to mean never; as AWS PCS has it, it takes the group's own time away and is never
-- kept. The most that the service model takes, 10000000 seconds, means never from now on; earlier releases stop such
-- nodes after 115 days.
update compute_node_group set
    spec = replace(replace(spec,
        '"scaleDownIdleTimeInSeconds":-1,', '"scaleDownIdleTimeInSeconds":10000000,'),
        '"scaleDownIdleTimeInSeconds":-1}', '"scaleDownIdleTimeInSeconds":10000000}'),
    applied_spec = replace(replace(applied_spec,
        '"scaleDownIdleTimeInSeconds":-1,', '"scaleDownIdleTimeInSeconds":10000000,'),
        '"scaleDownIdleTimeInSeconds":-1}', '"scaleDownIdleTimeInSeconds":10000000}');
