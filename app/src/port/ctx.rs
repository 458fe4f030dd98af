//! The context of an operation: who asks, why, and how the answer is to be. A door makes it once it knows who asks, never a
//! service; from there on it is the first argument everywhere.

use std::sync::{Arc, Mutex, PoisonError};

use crate::i18n::Language;
use crate::model::operation::Operation;

/// Who asks for an operation, why, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ctx {
    pub who: Principal,
    pub why: Why,
    /// The id that the client got in `x-amzn-RequestId` and that every log line carries.
    pub request_id: String,
    /// Of the sentences in answers, and of refusals as far as they have words in other languages.
    pub language: Language,
    pub caller: Caller,
    /// What became known of this call on its way.
    pub notes: Notes,
}

impl Ctx {
    /// Answered in English, as the API is.
    pub fn new(who: Principal, why: Why, request_id: String) -> Ctx {
        Ctx {
            who,
            why,
            request_id,
            language: Language::English,
            caller: Caller::default(),
            notes: Notes::default(),
        }
    }

    /// The same, from there.
    pub fn from(self, caller: Caller) -> Ctx {
        Ctx { caller, ..self }
    }

    /// The same for one call of the port, which has notes of its own.
    pub fn for_call(&self) -> Ctx {
        Ctx {
            notes: Notes::default(),
            ..self.clone()
        }
    }

    /// The same, to be answered in the language of that tag; an odd one is English.
    pub fn in_language(self, tag: &str) -> Ctx {
        Ctx {
            language: Language::parse(tag).unwrap_or_default(),
            ..self
        }
    }
}

/// From where a request comes, and with what: for the audit trail. Empty where nobody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The address of the client, as [`std::net::IpAddr`] shows it.
    pub source_ip: String,
    /// The client's own word.
    pub user_agent: String,
    /// The id of the access key that signed the request.
    pub access_key: String,
}

/// What the gate and the audit trail have seen of a call.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

/// See [`Notes`].
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// What the gate was asked for last.
    pub operation: Option<Operation>,
    /// On which resource; empty when on several.
    pub resource_arn: String,
    /// A record of it is in the trail: whoever answers need not write another.
    pub is_recorded: bool,
}

/// Two calls of the same are the same call, whatever became known of either.
impl PartialEq for Notes {
    fn eq(&self, _: &Notes) -> bool {
        true
    }
}

impl Eq for Notes {}

impl Notes {
    pub fn asked(&self, operation: Operation, resource_arn: &str) {
        self.with(|noted| {
            let is_other = noted.operation == Some(operation) && noted.resource_arn != resource_arn;
            noted.operation = Some(operation);
            noted.resource_arn = match is_other {
                true => String::new(),
                false => resource_arn.into(),
            };
        });
    }

    pub fn recorded(&self) {
        self.with(|noted| noted.is_recorded = true);
    }

    pub fn read(&self) -> Noted {
        self.with(|noted| noted.clone())
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Noted) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Kinds of those who ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person or a tool with an access key or a console session.
    User { name: String, arn: String },
    /// Somebody who runs commands on the server's host, where the database is theirs to read and write.
    Host { arn: String },
    /// A request that carries no proof of its own: only an instance registering with its bootstrap id may.
    Anonymous,
}

impl Principal {
    /// The user of that name in the server's operating system.
    pub fn of_host(user: &str) -> Principal {
        Principal::Host {
            arn: format!("host:{user}"),
        }
    }

    /// Who it is, for the audit trail and for refusals.
    pub fn arn(&self) -> &str {
        match self {
            Principal::User { arn, .. } | Principal::Host { arn } => arn,
            Principal::Anonymous => "anonymous",
        }
    }
}

/// Which request it is done for: the audit trail keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A client of the API.
    Api,
    /// A command of `openpcs`: one that asks a server, or one that works on the database itself.
    Command,
    /// A page of the console.
    Console,
    /// An instance that boots.
    Instance,
    /// What the same principal had asked before, and a killed controller forgot.
    Again,
}

impl Why {
    /// Stable, for the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Api => "api",
            Why::Command => "command",
            Why::Console => "console",
            Why::Instance => "instance",
            Why::Again => "again",
        }
    }
}
