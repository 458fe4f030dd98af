-- Notifications: where messages go, what makes one, and each message until long after it was sent.

-- Where messages go.
create table notification_channel (
    id text primary key,
    settings text not null,        -- JSON, without secrets: app::model::notification::ChannelSettings
    secret text not null,          -- sealed with the data key; empty: it has none
    failures bigint not null,      -- messages that failed in a row
    error text not null,           -- why the last one failed; empty: none did
    retry_at bigint not null,      -- before this time nothing is sent, in milliseconds since 1970; 0: nothing failed
    sent_at bigint not null        -- when a message arrived last; 0: never
);

-- What makes a message.
create table notification_rule (
    id text primary key,
    channel_id text not null,      -- where its messages go
    since bigint not null,         -- what happened before makes none
    settings text not null         -- JSON: app::model::notification::RuleSettings
);

-- The outbox: one row for each message, under an id that follows from what happened and the rule.
create table notification (
    id text primary key,           -- what receivers drop repeats by
    rule_id text not null,
    channel_id text not null,
    at bigint not null,            -- when it happened, in milliseconds since 1970
    made_at bigint not null,       -- when this row was written
    trigger_kind text not null,    -- app::model::notification::Trigger
    content text not null,         -- JSON: what it says (plan::notification::Content)
    state text not null,           -- app::model::notification::DeliveryState
    attempts bigint not null,      -- sends that failed
    due_at bigint not null,        -- when it is to be sent, or be part of a digest
    sent_at bigint not null,       -- 0: not yet
    error text not null            -- why it failed last
);
create index notification_by_due on notification (state, channel_id, due_at);
create index notification_by_rule on notification (rule_id, made_at);
create index notification_by_age on notification (made_at);

-- What is behind the bell of the console.
create table user_notice (
    id text primary key,           -- follows from what happened
    at bigint not null,
    user_arn text not null,        -- whose it is; empty: of all who look after the whole
    trigger_kind text not null,
    cluster_id text not null,
    cluster_name text not null,
    resource_type text not null,
    resource_id text not null,
    code text not null,            -- of the event, or the state of a job
    parameters text not null,      -- of the event, or empty
    message text not null          -- in English
);
create index user_notice_by_user on user_notice (user_arn, at);

-- Up to when somebody has read that.
create table notice_read (
    user_arn text primary key,
    until bigint not null
);

-- Up to when what happens was looked at.
create table notification_cursor (
    source text primary key,       -- event, job
    at bigint not null
);

-- Sign-ins that failed, in each minute.
create table sign_in_failure (
    minute bigint primary key,     -- since 1970
    failures bigint not null
);
