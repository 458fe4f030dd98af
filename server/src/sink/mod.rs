//! Where the logs of a cluster are delivered to (L1–L4): CloudWatch Logs, S3, Firehose, a directory of this host.
//!
//! `record` and `names` say what is written and where, as the guide prints it. A [`lane::Lane`] is one log of one delivery:
//! it decides on a [`batch::Batch`], keeps the decision in the [`journal`], sends it, and only then goes on. What was
//! decided is sent again as it was, after a lost answer or a restart, and each sink knows the same batch when it sees it
//! again:
//!
//! - the directory: the file is cut back to the length that was noted before;
//! - S3: the same batch has the same key, so it replaces itself;
//! - CloudWatch Logs: the end of the stream is read, and the batch is there or it is not;
//! - Firehose has nothing of the kind: records whose answer was lost arrive twice, and never not at all.
//!
//! Of two processes that have the cluster one after the other, the first may go on where it stood still. The journal moves
//! only from where it was read, and nothing is sent without the lease of the cluster.

pub mod batch;
pub mod cloudwatch;
pub mod courier;
pub mod directory;
pub mod firehose;
pub mod journal;
pub mod lane;
pub mod leased;
pub mod names;
pub mod record;
pub mod s3;
pub mod wire;

use std::time::Duration;

use batch::{Batch, Limits};
use cloudwatch::CloudWatch;
use directory::Directory;
use firehose::Firehose;
use s3::S3;

/// Why lines could not be delivered, for people: what was tried, why not, what to do. Trying again may help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// AWS's code, or one of ours that begins with `Sink`.
    pub code: String,
    pub message: String,
}

impl Failure {
    pub fn new(code: &str, message: impl Into<String>) -> Failure {
        Failure {
            code: code.into(),
            message: message.into(),
        }
    }
}

/// What a sink knows of the batch that it is to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// What the sink noted before it first sent the batch, or what it has left of it.
    pub mark: String,
    /// The batch may have arrived already.
    pub is_repeat: bool,
}

/// How sending ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All records are there, but for so many that the destination refuses for ever.
    All { refused: usize },
    /// Some are there. The mark for the next attempt says which are not, and why not.
    Part { mark: String, why: Failure },
}

/// One destination.
pub enum Sink {
    Directory(Directory),
    CloudWatch(CloudWatch),
    S3(S3),
    Firehose(Firehose),
}

impl Sink {
    pub fn limits(&self) -> Limits {
        match self {
            Sink::Directory(_) => directory::LIMITS,
            Sink::CloudWatch(_) => cloudwatch::LIMITS,
            Sink::S3(_) => s3::LIMITS,
            Sink::Firehose(_) => firehose::LIMITS,
        }
    }

    /// How long lines may wait for others to travel with.
    pub fn linger(&self) -> Duration {
        match self {
            Sink::S3(s3) => s3.linger,
            Sink::Directory(_) => Duration::ZERO,
            Sink::CloudWatch(_) | Sink::Firehose(_) => Duration::from_secs(1),
        }
    }

    /// What must be known of the destination to send the batch a second time.
    pub async fn mark(&self, batch: &Batch) -> Result<String, Failure> {
        match self {
            Sink::Directory(directory) => directory.mark(batch).await,
            Sink::CloudWatch(_) | Sink::S3(_) | Sink::Firehose(_) => Ok(String::new()),
        }
    }

    /// Where it puts that batch; Firehose has no names.
    pub fn place(&self, batch: &Batch) -> String {
        match self {
            Sink::Directory(directory) => directory.file(batch).display().to_string(),
            Sink::CloudWatch(_) => batch.stream(),
            Sink::S3(bucket) => bucket.key(batch),
            Sink::Firehose(_) => String::new(),
        }
    }

    pub async fn send(&self, batch: &Batch, attempt: &Attempt) -> Result<Sent, Failure> {
        match self {
            Sink::Directory(directory) => directory.send(batch, attempt).await,
            Sink::CloudWatch(stream) => stream.send(batch, attempt).await,
            Sink::S3(bucket) => bucket.send(batch).await,
            Sink::Firehose(stream) => stream.send(batch, attempt).await,
        }
    }
}

#[cfg(test)]
mod tests;
