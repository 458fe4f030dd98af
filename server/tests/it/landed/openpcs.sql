BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'resources','2026-11-27 01:19:11',1,X'1EC38E640AF3B4AA567E8917DD9EF8DC44B1131771DB0636CE25846CE02C131201BB60310937240BC89ABD9F8C51BC69',15447624);
INSERT INTO "_sqlx_migrations" VALUES(2,'identity','2026-11-27 01:19:11',1,X'1DA3CB84A210ACF49A35102F51285DEFEEA6AE4DE63F09D57CA1F6D1BECE561D8FCF09C06C07A7119DEE8CF57045DE40',4490577);
INSERT INTO "_sqlx_migrations" VALUES(3,'jobs','2026-11-27 01:19:11',1,X'FE06A1539172E2741912F26FA816CCECE9096505F81BF5C6CE6BC7C3D4586FA26BAC274BEF0466332DD7CD0E84D61FE7',7773490);
INSERT INTO "_sqlx_migrations" VALUES(4,'store','2026-11-27 01:19:11',1,X'A4C221A5BE81CF517698D31348196D3743127F5A854CDA46822F48CF2F63926DAF1922C64D73DF606FE79918C10289BA',3963368);
INSERT INTO "_sqlx_migrations" VALUES(5,'submission','2026-11-27 01:19:11',1,X'E5B786AD19BE5592AC243B3DC838AD74AAE5061A9C6A30B88D61C45075B5DC7576D70B3B33CD7D5F5626B80C7E682C90',3162828);
INSERT INTO "_sqlx_migrations" VALUES(6,'job lives','2026-11-27 01:19:11',1,X'8AB26C98681227D7ACDFDD9F4FB95B6A4D240200A671F4E0F106C50A31708E9695E38AB10015A1D1F6959C13753B8546',3956335);
INSERT INTO "_sqlx_migrations" VALUES(7,'idle time','2026-11-27 01:19:11',1,X'365B89D0943230C5FB6C929548E3D6670B78AA4271E69512B53614EF70B8788AE5A4145AADBA5AEEAF736142F2892054',5941340);
CREATE TABLE access_key (
    id text primary key,          -- AKIA…
    user_name text not null,
    sealed_secret text not null,  -- sealed with the data key: signatures need the secret itself
    created_at bigint not null
);
INSERT INTO "access_key" VALUES('AKIAV47LHKUQ7S5UWA52','admin','v1:30XaoZn0k/JHv/Ccc251q2cJ31gfFDYzHbJBLXA912K36OlQu1BdYfTXlaGH4rHqj6HCSlx2sVuBj2HWPphFwBbDJ1kxmLyswq+HDpMw62k',1795742351892);
CREATE TABLE audit (
    id text primary key,
    at bigint not null,
    request_id text not null,
    principal text not null,      -- ARN
    operation text not null,
    resource_arn text not null,
    request text not null         -- JSON as it was asked, without secrets
);
INSERT INTO "audit" VALUES('f536ddb10b96f534525ae09bc6ebd1aa',1795742366913,'1fe58bf7-5e98-4a9d-9cf7-e969ac443572','arn:aws:iam::111122223333:user/admin','CreateCluster','arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr','{"clientToken":"327080a3-eb11-4774-b647-b9cc14ffad86","clusterName":"landed","networking":{"subnetIds":["subnet-0ef87937a5c52dbce"]},"scheduler":{"type":"SLURM","version":"24.11"},"size":"SMALL"}');
INSERT INTO "audit" VALUES('85892c9cd0322201402691325b238214',1795742370515,'4aa04f41-3f90-4384-9c4d-942aef0ad71a','arn:aws:iam::111122223333:user/admin','CreateComputeNodeGroup','arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr/computenodegroup/pcs_iawvigey2z','{"clientToken":"5646a9cc-cd08-4a30-a787-40ebd242af45","clusterIdentifier":"landed","computeNodeGroupName":"compute-1","customLaunchTemplate":{"id":"lt-049ee8a3d752bbe70","version":"1"},"iamInstanceProfileArn":"arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role","instanceConfigs":[{"instanceType":"c6i.xlarge"}],"scalingConfiguration":{"maxInstanceCount":3,"minInstanceCount":0},"subnetIds":["subnet-0ef87937a5c52dbce"]}');
INSERT INTO "audit" VALUES('b4cf43e4f3cd3fefb246ea1802fe5a35',1795742375105,'5a277e27-05c2-4e9c-a1aa-158849294932','arn:aws:iam::111122223333:user/admin','CreateQueue','arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr/queue/pcs_req3hgxian','{"clientToken":"ee344f39-a188-4910-8ec9-4f02afd5618b","clusterIdentifier":"landed","computeNodeGroupConfigurations":[{"computeNodeGroupId":"pcs_iawvigey2z"}],"queueName":"demo"}');
CREATE TABLE change (
    seq bigint not null,          -- the transaction's number from `counter`
    kind text not null,           -- model::live::Kind
    cluster_id text not null,
    resource_id text not null,
    primary key (seq, kind, resource_id)
);
INSERT INTO "change" VALUES(1,'cluster','pcs_6z7wruh0nr','pcs_6z7wruh0nr');
INSERT INTO "change" VALUES(1,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(2,'cluster','pcs_6z7wruh0nr','pcs_6z7wruh0nr');
INSERT INTO "change" VALUES(2,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(3,'compute-node-group','pcs_6z7wruh0nr','pcs_iawvigey2z');
INSERT INTO "change" VALUES(3,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(4,'compute-node-group','pcs_6z7wruh0nr','pcs_iawvigey2z');
INSERT INTO "change" VALUES(4,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(5,'queue','pcs_6z7wruh0nr','pcs_req3hgxian');
INSERT INTO "change" VALUES(5,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(6,'queue','pcs_6z7wruh0nr','pcs_req3hgxian');
INSERT INTO "change" VALUES(6,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(7,'node','pcs_6z7wruh0nr','compute-1-1');
INSERT INTO "change" VALUES(7,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(7,'node','pcs_6z7wruh0nr','compute-1-2');
INSERT INTO "change" VALUES(7,'node','pcs_6z7wruh0nr','compute-1-3');
INSERT INTO "change" VALUES(8,'node','pcs_6z7wruh0nr','compute-1-1');
INSERT INTO "change" VALUES(9,'node','pcs_6z7wruh0nr','compute-1-1');
INSERT INTO "change" VALUES(10,'node','pcs_6z7wruh0nr','compute-1-1');
INSERT INTO "change" VALUES(11,'node','pcs_6z7wruh0nr','compute-1-2');
INSERT INTO "change" VALUES(12,'node','pcs_6z7wruh0nr','compute-1-2');
INSERT INTO "change" VALUES(13,'node','pcs_6z7wruh0nr','compute-1-3');
INSERT INTO "change" VALUES(14,'node','pcs_6z7wruh0nr','compute-1-1');
INSERT INTO "change" VALUES(14,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(15,'node','pcs_6z7wruh0nr','compute-1-2');
INSERT INTO "change" VALUES(16,'node','pcs_6z7wruh0nr','compute-1-3');
INSERT INTO "change" VALUES(17,'node','pcs_6z7wruh0nr','compute-1-3');
INSERT INTO "change" VALUES(18,'node','pcs_6z7wruh0nr','compute-1-2');
INSERT INTO "change" VALUES(18,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(19,'node','pcs_6z7wruh0nr','compute-1-3');
INSERT INTO "change" VALUES(19,'event','pcs_6z7wruh0nr','');
INSERT INTO "change" VALUES(20,'job','pcs_6z7wruh0nr','1');
CREATE TABLE cluster (
    id text primary key,          -- pcs_ and ten of [a-z0-9]
    cluster_id text not null,     -- its own id
    name text not null,
    status text not null,         -- model::status::Status
    generation bigint not null,   -- grows with each accepted change; a reconciler writes back only what it read
    spec text not null,           -- JSON: what is wanted
    applied_spec text,            -- JSON: what was last in force; null until the first success
    error_info text not null,     -- JSON list: why the last change failed, in words for people
    created_at bigint not null,
    modified_at bigint not null,
    unique (name)
);
INSERT INTO "cluster" VALUES('pcs_6z7wruh0nr','pcs_6z7wruh0nr','landed','ACTIVE',1,'{"scheduler":{"type":"SLURM","version":"24.11"},"size":"SMALL","networking":{"subnetIds":["subnet-0ef87937a5c52dbce"],"securityGroupIds":["sg-0a43586c70bec9da3"],"networkType":"IPV4"},"slurm":{"scaleDownIdleTimeInSeconds":600,"authKey":{"secretArn":"arn:aws:secretsmanager:us-east-1:111122223333:secret:pcs!slurm-secret-pcs_6z7wruh0nr","secretVersion":"8d818e0183b78983df44a0afad8dcfbf"}},"ports":{"controller":19082,"first_node":0,"nodes":0}}','{"scheduler":{"type":"SLURM","version":"24.11"},"size":"SMALL","networking":{"subnetIds":["subnet-0ef87937a5c52dbce"],"securityGroupIds":["sg-0a43586c70bec9da3"],"networkType":"IPV4"},"slurm":{"scaleDownIdleTimeInSeconds":600,"authKey":{"secretArn":"arn:aws:secretsmanager:us-east-1:111122223333:secret:pcs!slurm-secret-pcs_6z7wruh0nr","secretVersion":"8d818e0183b78983df44a0afad8dcfbf"}},"ports":{"controller":19082,"first_node":0,"nodes":0}}','[]',1795742366912,1795742366912);
CREATE TABLE compute_node_group (
    id text primary key,
    cluster_id text not null,
    name text not null,
    status text not null,
    generation bigint not null,
    spec text not null,
    applied_spec text,
    error_info text not null,
    created_at bigint not null,
    modified_at bigint not null,
    unique (cluster_id, name)
);
INSERT INTO "compute_node_group" VALUES('pcs_iawvigey2z','pcs_6z7wruh0nr','compute-1','ACTIVE',1,'{"ami_id":null,"security_group_ids":null,"ssh_key_name":null,"subnet_ids":["subnet-0ef87937a5c52dbce"],"purchase_option":"ONDEMAND","launch_template_mode":null,"custom_launch_template":{"id":"lt-049ee8a3d752bbe70","version":"1"},"iam_instance_profile_arn":"arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role","scaling":{"minInstanceCount":0,"maxInstanceCount":3},"instance_configs":[{"instanceType":"c6i.xlarge"}],"spot_options":null,"slurm":null,"node_lifecycle_actions":null,"instance_health_checks":null,"ports":[19024,19025,19026],"launch_generation":1}','{"ami_id":null,"security_group_ids":null,"ssh_key_name":null,"subnet_ids":["subnet-0ef87937a5c52dbce"],"purchase_option":"ONDEMAND","launch_template_mode":null,"custom_launch_template":{"id":"lt-049ee8a3d752bbe70","version":"1"},"iam_instance_profile_arn":"arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role","scaling":{"minInstanceCount":0,"maxInstanceCount":3},"instance_configs":[{"instanceType":"c6i.xlarge"}],"spot_options":null,"slurm":null,"node_lifecycle_actions":null,"instance_health_checks":null,"ports":[19024,19025,19026],"launch_generation":1}','[]',1795742370515,1795742370515);
CREATE TABLE counter (
    name text primary key,
    value bigint not null
);
INSERT INTO "counter" VALUES('change',20);
CREATE TABLE event (
    id text primary key,
    at bigint not null,
    cluster_id text not null,
    resource_type text not null,
    resource_id text not null,
    message text not null,
    actor text not null
, code text not null default '', parameters text not null default '{}');
INSERT INTO "event" VALUES('e721bd84f97e7aabc2d2f705ce8824a3',1795742366912,'pcs_6z7wruh0nr','cluster','pcs_6z7wruh0nr','Cluster landed is to be created.','arn:aws:iam::111122223333:user/admin','create','{"name":"landed","noun":"cluster"}');
INSERT INTO "event" VALUES('48ed8dcff662fde78782ef2777987147',1795742366912,'pcs_6z7wruh0nr','cluster','pcs_6z7wruh0nr','Slurm 24.11 has had no corrections since 2026-05-31, and nothing newer is installed on this controller host. The cluster works; better is a newer Slurm: "make setup SLURM=25.11" installs one, then create a new cluster with it.','arn:aws:iam::111122223333:user/admin','version-ended','{"date":"2026-05-31","version":"24.11"}');
INSERT INTO "event" VALUES('50e7d3fac37bd19006f15fca093df0e4',1795742367420,'pcs_6z7wruh0nr','cluster','pcs_6z7wruh0nr','Cluster landed is active: its controller answers.','reconciler','controller-up','{"name":"landed"}');
INSERT INTO "event" VALUES('dbc3aa4fe678dc5566249b34c4f34196',1795742370515,'pcs_6z7wruh0nr','compute-node-group','pcs_iawvigey2z','Compute node group compute-1 is to be created.','arn:aws:iam::111122223333:user/admin','create','{"name":"compute-1","noun":"compute-node-group"}');
INSERT INTO "event" VALUES('c2f371bac91751455d7a33ed43e47874',1795742371753,'pcs_6z7wruh0nr','compute-node-group','pcs_iawvigey2z','Compute node group compute-1 is active.','reconciler','active','{"name":"compute-1","noun":"compute-node-group"}');
INSERT INTO "event" VALUES('fa1f06d7bb6439d3a045325cc139d1fa',1795742375105,'pcs_6z7wruh0nr','queue','pcs_req3hgxian','Queue demo is to be created.','arn:aws:iam::111122223333:user/admin','create','{"name":"demo","noun":"queue"}');
INSERT INTO "event" VALUES('895b5f4f51ea46f5202822e1f6530547',1795742376394,'pcs_6z7wruh0nr','queue','pcs_req3hgxian','Queue demo is active.','reconciler','active','{"name":"demo","noun":"queue"}');
INSERT INTO "event" VALUES('f1d05560826d240ff519f9fedb5ce002',1795742378835,'pcs_6z7wruh0nr','node','compute-1-1','Node compute-1-1 starts as instance i-77f610f7c0c3a0b5d.','reconciler','node-starts','{"instance":"i-77f610f7c0c3a0b5d","node":"compute-1-1"}');
INSERT INTO "event" VALUES('bab23540287060600c45db659ce7270e',1795742378836,'pcs_6z7wruh0nr','node','compute-1-2','Node compute-1-2 starts as instance i-3a34202a9db62ca4d.','reconciler','node-starts','{"instance":"i-3a34202a9db62ca4d","node":"compute-1-2"}');
INSERT INTO "event" VALUES('cead33672351991f08b21b89520288ff',1795742378836,'pcs_6z7wruh0nr','node','compute-1-3','Node compute-1-3 starts as instance i-c16561074e08d7e13.','reconciler','node-starts','{"instance":"i-c16561074e08d7e13","node":"compute-1-3"}');
INSERT INTO "event" VALUES('36043168a986c026ff5c83dcd0cc1bfc',1795742378992,'pcs_6z7wruh0nr','node','compute-1-1','Node compute-1-1 is up.','reconciler','node-up','{"node":"compute-1-1"}');
INSERT INTO "event" VALUES('9f4e2bf358f86fa95d1808ec9810335a',1795742379066,'pcs_6z7wruh0nr','node','compute-1-2','Node compute-1-2 is up.','reconciler','node-up','{"node":"compute-1-2"}');
INSERT INTO "event" VALUES('707ed67cbae3dbd0ebcc41c0f87286a0',1795742379067,'pcs_6z7wruh0nr','node','compute-1-3','Node compute-1-3 is up.','reconciler','node-up','{"node":"compute-1-3"}');
CREATE TABLE idempotency (
    principal text not null,
    operation text not null,
    token text not null,
    request_hash text not null,   -- the same token with other content is refused
    response text not null,
    created_at bigint not null,
    primary key (principal, operation, token)
);
INSERT INTO "idempotency" VALUES('arn:aws:iam::111122223333:user/admin','CreateCluster','327080a3-eb11-4774-b647-b9cc14ffad86','2fa817542fd450d7cbaae47f96159f21cbb6782342420cb3986b69b3f9094087','{"cluster":{"name":"landed","id":"pcs_6z7wruh0nr","arn":"arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr","status":"CREATING","createdAt":"2026-11-27T01:19:26.912Z","modifiedAt":"2026-11-27T01:19:26.912Z","scheduler":{"type":"SLURM","version":"24.11"},"size":"SMALL","slurmConfiguration":{"scaleDownIdleTimeInSeconds":600,"authKey":{"secretArn":"arn:aws:secretsmanager:us-east-1:111122223333:secret:pcs!slurm-secret-pcs_6z7wruh0nr","secretVersion":"8d818e0183b78983df44a0afad8dcfbf"}},"networking":{"subnetIds":["subnet-0ef87937a5c52dbce"],"securityGroupIds":["sg-0a43586c70bec9da3"],"networkType":"IPV4"}}}',1795742366913);
INSERT INTO "idempotency" VALUES('arn:aws:iam::111122223333:user/admin','CreateComputeNodeGroup','5646a9cc-cd08-4a30-a787-40ebd242af45','5742648ec9bdc2abbef980f0648f8ca44cbacf8ffb32224aff4ef3f2f31bcd33','{"computeNodeGroup":{"name":"compute-1","id":"pcs_iawvigey2z","arn":"arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr/computenodegroup/pcs_iawvigey2z","clusterId":"pcs_6z7wruh0nr","createdAt":"2026-11-27T01:19:30.515Z","modifiedAt":"2026-11-27T01:19:30.515Z","status":"CREATING","subnetIds":["subnet-0ef87937a5c52dbce"],"purchaseOption":"ONDEMAND","launchTemplateMode":"CUSTOM","customLaunchTemplate":{"id":"lt-049ee8a3d752bbe70","version":"1"},"iamInstanceProfileArn":"arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role","scalingConfiguration":{"minInstanceCount":0,"maxInstanceCount":3},"instanceConfigs":[{"instanceType":"c6i.xlarge"}]}}',1795742370516);
INSERT INTO "idempotency" VALUES('arn:aws:iam::111122223333:user/admin','CreateQueue','ee344f39-a188-4910-8ec9-4f02afd5618b','b9812908bfe77fa6c6be5048bdedfe1f97f9e05e49578b55d6c5c75fbbc6e06b','{"queue":{"name":"demo","id":"pcs_req3hgxian","arn":"arn:aws:pcs:us-east-1:111122223333:cluster/pcs_6z7wruh0nr/queue/pcs_req3hgxian","clusterId":"pcs_6z7wruh0nr","createdAt":"2026-11-27T01:19:35.105Z","modifiedAt":"2026-11-27T01:19:35.105Z","status":"CREATING","computeNodeGroupConfigurations":[{"computeNodeGroupId":"pcs_iawvigey2z"}]}}',1795742375105);
CREATE TABLE instance (
    id text primary key,               -- i- and 17 hexadecimal digits
    cluster_id text not null,
    compute_node_group_id text not null,
    node_name text not null,           -- GROUP-N
    instance_type text not null,
    launch_generation bigint not null, -- the group's when it was launched; an older one is to be replaced
    bootstrap_hash text not null,      -- SHA-256 of the single-use secret, never the secret (A8)
    launched_at bigint not null,
    registered_at bigint,              -- when it used its bootstrap id
    ready_at bigint,                   -- when Slurm took the node as up
    ended_at bigint,                   -- null while it is wanted or its processes may live
    reason text,                       -- why it ended
    steps text not null, cause text, replace_reason text, replace_now bigint not null default 0,               -- JSON list of boot steps
    unique (bootstrap_hash)
);
INSERT INTO "instance" VALUES('i-77f610f7c0c3a0b5d','pcs_6z7wruh0nr','pcs_iawvigey2z','compute-1-1','c6i.xlarge',1,'7bb1b6a74375bdc5f2cff622c33f2ee8294d283e7a6f1e335a8296cc8da5da45',1795742378835,1795742378861,1795742378987,NULL,NULL,'[{"name":"launched","at":1795742378835,"detail":null},{"name":"registered","at":1795742378861,"detail":null},{"name":"registered","at":1795742378872,"detail":"compute-1-1"},{"name":"slurmd-started","at":1795742378885,"detail":null},{"name":"ready","at":1795742378987,"detail":null}]',NULL,NULL,0);
INSERT INTO "instance" VALUES('i-3a34202a9db62ca4d','pcs_6z7wruh0nr','pcs_iawvigey2z','compute-1-2','c6i.xlarge',1,'885e0f8f1cd67c59ed206a2188071ebe16561df2f914ace1a21f6b069f8a93e2',1795742378836,1795742378905,1795742379064,NULL,NULL,'[{"name":"launched","at":1795742378836,"detail":null},{"name":"registered","at":1795742378905,"detail":null},{"name":"registered","at":1795742378959,"detail":"compute-1-2"},{"name":"slurmd-started","at":1795742378987,"detail":null},{"name":"ready","at":1795742379065,"detail":null}]',NULL,NULL,0);
INSERT INTO "instance" VALUES('i-c16561074e08d7e13','pcs_6z7wruh0nr','pcs_iawvigey2z','compute-1-3','c6i.xlarge',1,'a5ab67922018b0ac5ef13a1705e65d4dbc1af189fd3153af3fc6e8c8c64ad3d9',1795742378836,1795742378979,1795742379066,NULL,NULL,'[{"name":"launched","at":1795742378836,"detail":null},{"name":"registered","at":1795742378980,"detail":null},{"name":"registered","at":1795742378991,"detail":"compute-1-3"},{"name":"slurmd-started","at":1795742379015,"detail":null},{"name":"ready","at":1795742379066,"detail":null}]',NULL,NULL,0);
CREATE TABLE job (
    cluster_id text not null,
    id text not null,             -- Slurm's id, array tasks as 12_3
    ended_at bigint not null,
    record text not null,         -- JSON: all that Slurm told of it (model::job::JobRecord)
    script text,                  -- its batch script; null when it had none or there was no time to ask
    primary key (cluster_id, id)
);
INSERT INTO "job" VALUES('pcs_6z7wruh0nr','1',1795742379000,'{"job":{"id":"1","name":"wrap","user":"openpcs-jobs","queue":"demo","state":"COMPLETED","reason":"","why":"","priority":1,"nodes":"compute-1-1","nodeCount":1,"submittedAt":1795742377000,"startedAt":1795742378000,"endedAt":1795742379000},"userId":999,"account":"","qualityOfService":"","restarts":0,"exitCode":0,"signal":null,"eligibleAt":1795742377000,"expectedAt":0,"tasks":1,"cpus":2,"cpusPerTask":1,"memory":0,"gpus":0,"timeLimitMinutes":null,"requested":"cpu=1,mem=8G,node=1,billing=1","allocated":"cpu=2,node=1,billing=2","workingDirectory":"/home/alice","standardOutput":"/dev/null","standardError":"/dev/null","command":"","dependency":"","features":"","requiredNodes":"","description":"","mark":"","isBatch":true}','#!/bin/sh
# This script was created by sbatch --wrap.

hostname
');
CREATE TABLE job_life (
    cluster_id text not null,
    job_id text not null,         -- Slurm's id, array tasks as 12_3
    restarts bigint not null,     -- how often it had been requeued before: 0 for the first life
    submitted_at bigint not null, -- when it came into the queue for this life
    ended_at bigint not null,     -- when it was back in the queue
    life text not null,           -- JSON: the whole of it (model::job_life::Life)
    primary key (cluster_id, job_id, restarts)
);
CREATE TABLE lease (
    name text primary key,
    holder text not null,
    expires_at bigint not null
);
CREATE TABLE queue (
    id text primary key,
    cluster_id text not null,
    name text not null,
    status text not null,
    generation bigint not null,
    spec text not null,
    applied_spec text,
    error_info text not null,
    created_at bigint not null,
    modified_at bigint not null,
    unique (cluster_id, name)
);
INSERT INTO "queue" VALUES('pcs_req3hgxian','pcs_6z7wruh0nr','demo','ACTIVE',1,'{"groups":[{"computeNodeGroupId":"pcs_iawvigey2z"}],"slurm":null}','{"groups":[{"computeNodeGroupId":"pcs_iawvigey2z"}],"slurm":null}','[]',1795742375105,1795742375105);
CREATE TABLE secret (
    arn text primary key,
    cluster_id text not null,
    version text not null,
    sealed text not null
);
INSERT INTO "secret" VALUES('arn:aws:secretsmanager:us-east-1:111122223333:secret:pcs!slurm-secret-pcs_6z7wruh0nr','pcs_6z7wruh0nr','8d818e0183b78983df44a0afad8dcfbf','v1:qJd0DV2a7I1fDHjNFlPDniRIKPBqwneuhKcjrQMeZx9EZ2yc5/i2TFYhF3pF1yDvawCDdPbSgre7ZY7/r8N1HM46qr1Zs6rUy8GzcMemn7w3vBBnLUs/wvWLcHK9QFqE7yNnIAoHQpyWgza5B2Lee+fUY/dPxRlKwmHz6Qi4kbyBK7NcfrGpYsrY38eTC4sQiDk10DMgOQBv6U7eqi2XvCFw+S7CGfEMFbduueAYurwRDhyMP+XRiaEaGcxy7ecf23l8Vb3E/BN0V/yMxbm+t+mrbWb9rb7FsDoZOXkRlXYeqIlLpVuVXTbMBOVMl7RldNHZ8X/qSYQYi9G3SggpQT9zZH0LAghD2YiL58j/U8x+ZRe50XW5BgD7skguJbTo7oVppSxR3P0QNnt11JlIuv+w6leampwyuz6fzAQ7oMLQthzaECP2vy1JnGgQDZJRWHUFJ4xx6M6oyA3jxpSBHOkGMOI/NmRQKlH1PIXGev4Bb14By6ObzBqyZQ6noVsW8obBVYyVebceY9cJsoKoT6P+1n+MS1p7RGQH1075MPY78RxLLQm/+5oxA+8+fFf3eV8j1dCChp8MCwCAeJcVWuW8PE+UO5LQw/kQceLbmAfiQtxDEI4AlG3F1s6EKdauRDTU5C4iUQpZr51hxC2+bf8R062Kg2iTO23H2pbAr7i22uTyI758oeT+O7dapHS+YK1HIqic794rp9GVNL2SrfXoVOac47M8fcUPUUdbCzbpdD1lRsbxsEaXmZl5pLhzvDKdr3KTM9MMVQkjLaQJMo9N+4aJQM/SQtz3S8XdSFBr58da1XBGp4Z3/k/V7/9EaIlSGQvpshs9BwVdnuFEkcJLw2rEL1kw3EY/+/Tl2wt6ZB9jr65ixJuF7FVZCzA5cb8XKJje8/KGIqZwei6sf39bKwpebVwhNZITN0UL6zZa9oiESDzRcy3cKNLcLLXmrx3oU/z9OSRSLNQj7PZ3bzQ04EwLimaw2+hD6yBrfb/O4OInttC2kiW7mq9x2obbb30QQOxPOV2FJLm/pxv0npQqQ+wXj4XAN85o/iFo8ymIlY0HFPdRaondAvqlBH32gKhR/V/K5vtkLwLxFBagTUQ6r7emCDuJuPWHJus/OAW5ymyVWnvoi0+6Mm03SHttdWgqjZyqcCbtFVKZxLc3O10V5cuVfeQsfbvydRWAp5No3qTTcq7uhdyRe8hLEiRetZqmvIPBpKvgeaZeSL4KpFDF2azapHv1G9nK1Cnba+PEJH1Ma4uNJueabIkMIf0TqyeBvn1jJQZ6ijYW1bQHy2maVwv+g65bQ8XM+CeI8ndwylWOhgxWuEl041kVEaZUcZHQYIIalrKe6XQWzkPwgcfOQt+0my0c/zvXKBiV1vJ0MYDrn4XBq6Sk/v1Pa1sSTEiLFHRESKJvZNYlHF/0p1hiFAbfWNpQ9nXXFAdbWMKqmBBjJMnq/8sLIGSnCXoDAaQoBhSAjtfFph//qWnLcTLeclKqZc8yp+b3B9iU1+VK/pfejthfLvrcIYLrg1tZLQbGQCwuG7f9g09TSZGfRwfV+tI8kXRlVTW6VyfNgzyBXSKnCZOkRCjrqg1nLHw2kRKJb1UtQSSQfQfzGwP2o0bPYg08loNGh86C+l60Ir/SxnwKzUieMcmquqGc0OPo8Xgkf6Ju6syIJjMJ+2kWC0p9I2GkNsLyli8BDbPyJWqYvBZcr9vSYgjwBfHFd4NTzdXXwd6b8OpRiAuNUiyVPRHXRJ1FM7cnTSxSQ4ZUVBtjNGs1yvBmZt3nbVCczql6CcHioJVvDIDm4VSUSUcxICkJ3180+1/PrrhCozAWfm1qUdc9UOZjaFEynNrf57pH0yXpwgGhBUSrKnKK3HmQBw');
CREATE TABLE session (
    id text primary key,
    data text not null,           -- JSON record
    expires_at bigint not null
);
CREATE TABLE store (
    name text primary key,        -- always 'store'
    id text not null              -- 32 hexadecimal digits
);
INSERT INTO "store" VALUES('store','2eee5169514d2244647b395acee92b42');
CREATE TABLE submission (
    cluster_id text not null,
    job_id text not null,         -- as sbatch answered it
    principal text not null,      -- ARN: whose token it is
    token text not null,          -- empty: it came without one
    options text not null,        -- JSON list: sbatch's arguments
    script text not null,
    at bigint not null,
    primary key (cluster_id, job_id)
);
CREATE TABLE tag (
    resource_arn text not null,
    key text not null,
    value text not null,
    primary key (resource_arn, key)
);
CREATE TABLE tombstone (
    cluster_id text not null,
    id text not null,             -- the cluster's own id, or an instance's
    at bigint not null,
    primary key (cluster_id, id)
);
CREATE TABLE user_account (
    name text primary key,
    password_hash text not null,  -- argon2id, PHC string
    created_at bigint not null
);
INSERT INTO "user_account" VALUES('admin','$argon2id$v=19$m=19456,t=2,p=1$8FJ6YRAcJVPRbN/ULK43Kw$i/j+fFJKebTNmTQCufQ7F0DO7Bl248PusZg9sb5gYqo',1795742351879);
CREATE INDEX instance_by_cluster on instance (cluster_id, ended_at);
CREATE INDEX audit_by_time on audit (at);
CREATE INDEX event_by_cluster on event (cluster_id, at);
CREATE INDEX session_by_expiry on session (expires_at);
CREATE INDEX event_by_resource on event (cluster_id, resource_type, resource_id, at);
CREATE INDEX instance_by_node on instance (cluster_id, node_name, launched_at);
CREATE INDEX job_by_end on job (cluster_id, ended_at);
CREATE INDEX job_life_by_end on job_life (cluster_id, ended_at);
COMMIT;