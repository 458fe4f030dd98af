-- Who may come in: people, their access keys, their console sessions.

create table user_account (
    name text primary key,
    password_hash text not null,  -- argon2id, PHC string
    created_at bigint not null
);

create table access_key (
    id text primary key,          -- AKIA…
    user_name text not null,
    sealed_secret text not null,  -- sealed with the data key: signatures need the secret itself
    created_at bigint not null
);

create table session (
    id text primary key,
    data text not null,           -- JSON record
    expires_at bigint not null
);
create index session_by_expiry on session (expires_at);
