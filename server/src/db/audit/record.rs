//! A record of the audit trail, in the shape of AWS CloudTrail (eventVersion 1.11). Region and account are the server's, the
//! same in all: they are added when a record is read.

use app::model::error::Error;
use app::model::live::Kind;
use app::model::name::Arns;
use app::model::operation::Operation;
use app::port::{Caller, Ctx, Principal};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::redact::{redacted, without_keys};
use crate::db::now;

const VERSION: &str = "1.11";
/// The service principal: who does what nobody asked for.
pub const SERVICE: &str = "pcs.amazonaws.com";
/// Where people sign in, as CloudTrail calls it.
pub const SIGN_IN: &str = "signin.amazonaws.com";

/// A record, and what of it the trail is searched by.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub request_id: String,
    pub principal: String,
    pub why: String,
    pub operation: String,
    pub event_source: String,
    pub user_name: String,
    pub access_key: String,
    pub resource_arn: String,
    pub request: Value,
    pub response: Value,
    /// Code and message; none when it was done.
    pub refusal: Option<(String, String)>,
    pub read_only: bool,
    /// `AwsApiCall`, `AwsConsoleSignIn` or `AwsServiceEvent`.
    pub event_type: &'static str,
    /// `userIdentity`.
    pub identity: Value,
    pub caller: Caller,
}

impl Record {
    /// Of a call, allowed so far.
    pub fn of_call(ctx: &Ctx, operation: Operation, resource_arn: &str, request: Value) -> Record {
        Record {
            operation: operation.name().into(),
            event_source: operation.source(),
            resource_arn: resource_arn.into(),
            request: redacted(request),
            read_only: operation.is_read_only(),
            why: ctx.why.as_str().into(),
            request_id: ctx.request_id.clone(),
            principal: ctx.who.arn().into(),
            user_name: user_name(&ctx.who),
            ..Record::new("AwsApiCall", identity(ctx), ctx.caller.clone())
        }
    }

    /// Of a request that came to no operation: nobody knows who sent it. `operation` is what it said that it wanted.
    pub fn of_stranger(source: &str, operation: &str, request_id: &str, caller: Caller) -> Record {
        let identity = json!({"type": "Unknown", "principalId": "anonymous", "accessKeyId": caller.access_key});
        Record {
            operation: operation.into(),
            event_source: source.into(),
            why: "api".into(),
            request_id: request_id.into(),
            principal: Principal::Anonymous.arn().into(),
            ..Record::new("AwsApiCall", identity, caller)
        }
    }

    /// Of who is known by an ARN alone, as rows of before had it.
    pub fn of_principal(arn: &str, request: Value) -> Record {
        let name = arn.rsplit_once(":user/").map_or(arn, |(_, name)| name);
        let kind = if name == arn { "Unknown" } else { "IAMUser" };
        let identity = json!({"type": kind, "principalId": name, "arn": arn, "userName": name});
        Record {
            principal: arn.into(),
            user_name: name.into(),
            request: redacted(request),
            ..Record::new("AwsApiCall", identity, Caller::default())
        }
    }

    /// Of what the gate was asked for and was then refused, if nobody has recorded that yet.
    pub fn of_refusal(ctx: &Ctx, refusal: &Error) -> Option<Record> {
        let noted = ctx.notes.read();
        let operation = noted.operation.filter(|_| !noted.is_recorded)?;
        let record = Record::of_call(ctx, operation, &noted.resource_arn, Value::Null);
        Some(record.refused(refusal))
    }

    /// Of signing in and out.
    pub fn of_sign_in(
        operation: &str,
        user: Option<(&str, &str)>,
        request_id: &str,
        caller: Caller,
    ) -> Record {
        let (name, arn) = user.unwrap_or((app::model::trail::HIDDEN, ""));
        let identity =
            json!({"type": "IAMUser", "principalId": name, "arn": arn, "userName": name});
        Record {
            operation: operation.into(),
            event_source: SIGN_IN.into(),
            why: "console".into(),
            request_id: request_id.into(),
            principal: arn.into(),
            user_name: name.into(),
            ..Record::new("AwsConsoleSignIn", identity, caller)
        }
    }

    /// Of what the service did by itself.
    pub fn of_service(operation: String, resource: &str, parameters: Value) -> Record {
        let identity = json!({"type": "AWSService", "invokedBy": SERVICE});
        Record {
            operation,
            event_source: SERVICE.into(),
            resource_arn: resource.into(),
            request: redacted(parameters),
            why: "service".into(),
            principal: SERVICE.into(),
            ..Record::new("AwsServiceEvent", identity, Caller::default())
        }
    }

    fn new(event_type: &'static str, identity: Value, caller: Caller) -> Record {
        Record {
            id: Uuid::new_v4().to_string(),
            at: now(),
            access_key: caller.access_key.clone(),
            event_type,
            identity,
            caller,
            ..Record::default()
        }
    }

    /// With what it was answered.
    pub fn answered(self, response: Value) -> Record {
        Record {
            response: redacted(response),
            ..self
        }
    }

    /// It was refused so.
    pub fn refused(self, error: &Error) -> Record {
        self.failed(error.code(), &error.message)
    }

    /// It failed with that code and message.
    pub fn failed(self, code: &str, message: &str) -> Record {
        let message = without_keys(message).unwrap_or_else(|| message.into());
        Record {
            refusal: Some((code.into(), message)),
            ..self
        }
    }

    /// In a word, or the message of its refusal.
    pub fn outcome(&self) -> &str {
        let refusal = self.refusal.as_ref();
        refusal.map_or(super::DONE, |(_, message)| message)
    }

    /// What the trail keeps of it.
    pub fn text(&self) -> String {
        let is_service = self.event_type == "AwsServiceEvent";
        let from = |given: &str| match is_service {
            true => SERVICE.into(),
            false => without_keys(given).unwrap_or_else(|| given.into()),
        };
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.into(), value);
        put("eventVersion", VERSION.into());
        put("userIdentity", self.identity.clone());
        put("eventTime", time(self.at).into());
        put("eventSource", self.event_source.clone().into());
        put("eventName", self.operation.clone().into());
        put("sourceIPAddress", from(&self.caller.source_ip).into());
        put("userAgent", from(&self.caller.user_agent).into());
        if let Some((code, message)) = &self.refusal {
            put("errorCode", code.clone().into());
            put("errorMessage", message.clone().into());
        }
        put(
            if is_service {
                "serviceEventDetails"
            } else {
                "requestParameters"
            },
            self.request.clone(),
        );
        put("responseElements", self.response.clone());
        put("additionalEventData", json!({"door": self.why}));
        put("requestID", self.request_id.clone().into());
        put("eventID", self.id.clone().into());
        put("readOnly", self.read_only.into());
        put("resources", resources(&self.resource_arn));
        put("eventType", self.event_type.into());
        put("managementEvent", true.into());
        put("eventCategory", "Management".into());
        Value::Object(members).to_string()
    }
}

fn user_name(who: &Principal) -> String {
    match who {
        Principal::User { name, .. } => name.clone(),
        Principal::Host { arn } => arn.clone(),
        Principal::Anonymous => String::new(),
    }
}

fn identity(ctx: &Ctx) -> Value {
    match &ctx.who {
        Principal::User { name, arn } if ctx.caller.access_key.is_empty() => {
            json!({"type": "IAMUser", "principalId": name, "arn": arn, "userName": name})
        }
        Principal::User { name, arn } => json!({
            "type": "IAMUser", "principalId": name, "arn": arn, "userName": name,
            "accessKeyId": ctx.caller.access_key,
        }),
        Principal::Host { arn } => json!({"type": "Unknown", "principalId": arn, "userName": arn}),
        Principal::Anonymous => json!({"type": "Unknown", "principalId": "anonymous"}),
    }
}

fn resources(arn: &str) -> Value {
    match arn {
        "" | "*" => json!([]),
        arn => match resource_type(arn) {
            Some(kind) => json!([{"ARN": arn, "type": kind}]),
            None => json!([{"ARN": arn}]),
        },
    }
}

/// `AWS::PCS::Cluster` and the like; none of what AWS has no word for. Of an ARN, or of its end alone.
pub fn resource_type(arn: &str) -> Option<&'static str> {
    let path = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let kinds = [
        ("/computenodegroup/", "AWS::PCS::ComputeNodeGroup"),
        ("/queue/", "AWS::PCS::Queue"),
        ("cluster/", "AWS::PCS::Cluster"),
        ("secret:", "AWS::SecretsManager::Secret"),
        ("user/", "AWS::IAM::User"),
        ("access-key/", "AWS::IAM::AccessKey"),
    ];
    let known = kinds.into_iter().find(|(part, _)| path.contains(part));
    known.map(|(_, kind)| kind)
}

fn time(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The ARN of what was kept as that: a record of the service keeps only its end, as [`cluster_resource`] makes it.
pub fn whole_arn(kept: &str, arns: &Arns) -> String {
    match kept.strip_prefix("cluster/") {
        Some(rest) => arns.cluster(rest),
        None => kept.into(),
    }
}

/// The end of the ARN of a cluster's resource; nodes and jobs have none of their own, theirs is the cluster's.
pub fn cluster_resource(cluster_id: &str, kind: Kind, id: &str) -> String {
    match kind {
        Kind::ComputeNodeGroup => format!("cluster/{cluster_id}/computenodegroup/{id}"),
        Kind::Queue => format!("cluster/{cluster_id}/queue/{id}"),
        _ => format!("cluster/{cluster_id}"),
    }
}

/// The record that was kept as that text, with the server's region and account.
pub fn whole(text: &str, arns: &Arns) -> Value {
    let mut record: Value = serde_json::from_str(text).unwrap_or_default();
    let Value::Object(members) = &mut record else {
        return record;
    };
    // A command on the server's host does not know them.
    if arns.account.is_empty() {
        return record;
    }
    members.insert("awsRegion".into(), arns.region.clone().into());
    members.insert("recipientAccountId".into(), arns.account.clone().into());
    if let Some(Value::Object(identity)) = members.get_mut("userIdentity")
        && identity.get("type") == Some(&"IAMUser".into())
    {
        identity.insert("accountId".into(), arns.account.clone().into());
    }
    if let Some(Value::Array(resources)) = members.get_mut("resources") {
        for resource in resources.iter_mut().filter_map(Value::as_object_mut) {
            let arn = resource["ARN"].as_str().unwrap_or_default();
            resource.insert("ARN".into(), whole_arn(arn, arns).into());
            resource.insert("accountId".into(), arns.account.clone().into());
        }
    }
    record
}
