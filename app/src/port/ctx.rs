//! The context of an operation: who asks, why, and how the answer is to be. A door makes it once it knows who asks, never a
//! service; from there on it is the first argument everywhere.

use crate::i18n::Language;

/// Who asks for an operation, why, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ctx {
    pub who: Principal,
    pub why: Why,
    /// The id that the client got in `x-amzn-RequestId` and that every log line carries.
    pub request_id: String,
    /// Of the sentences in answers, and of refusals as far as they have words in other languages.
    pub language: Language,
}

impl Ctx {
    /// Answered in English, as the API is.
    pub fn new(who: Principal, why: Why, request_id: String) -> Ctx {
        Ctx {
            who,
            why,
            request_id,
            language: Language::English,
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
