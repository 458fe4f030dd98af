//! What logs can be brought to, and how it is named.

/// What lines are brought to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*` or, as the guide prints it, `/*` behind it.
    LogGroup {
        region: String,
        account: String,
        name: String,
    },
    /// `arn:aws:s3:::BUCKET`, or `…BUCKET/PREFIX`.
    Bucket { name: String, prefix: String },
    /// `arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME`.
    Stream {
        region: String,
        account: String,
        name: String,
    },
    /// `arn:aws:pcs:REGION:ACCOUNT:log-directory/NAME`, which AWS does not have: a directory of that name below the
    /// server's `log-deliveries`.
    Directory { name: String },
}

impl Target {
    /// What the ARN names, if a log can be brought there.
    pub fn parse(arn: &str) -> Option<Target> {
        let mut parts = arn.splitn(6, ':');
        if parts.next()? != "arn" || !parts.next()?.starts_with("aws") {
            return None;
        }
        let service = parts.next()?;
        let (region, account, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (at, of) = (region.to_owned(), account.to_owned());
        let is_placed = !region.is_empty() && is_account(account);
        match service {
            "s3" if region.is_empty() && account.is_empty() => {
                let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
                is_bucket(name).then(|| Target::Bucket {
                    name: name.into(),
                    prefix: prefix.trim_matches('/').into(),
                })
            }
            "logs" if is_placed => {
                let name = path.strip_prefix("log-group:")?;
                let mut ends = [":*", "/*"].iter();
                let bare = ends.find_map(|end| name.strip_suffix(end));
                let name = bare.unwrap_or(name);
                is_log_group(name).then(|| Target::LogGroup {
                    region: at,
                    account: of,
                    name: name.into(),
                })
            }
            "firehose" if is_placed => {
                let name = path.strip_prefix("deliverystream/")?;
                is_word(name, 64, "._-").then(|| Target::Stream {
                    region: at,
                    account: of,
                    name: name.into(),
                })
            }
            "pcs" if is_placed => {
                let name = path.strip_prefix("log-directory/")?;
                is_word(name, 64, "_-").then(|| Target::Directory { name: name.into() })
            }
            _ => None,
        }
    }

    /// The ARN that a person means by a name or an ARN of something of that kind.
    pub fn arn_of(kind: &str, text: &str, region: &str, account: &str) -> String {
        let text = text.trim();
        let path = match kind {
            _ if text.starts_with("arn:") => return text.into(),
            "S3" => return format!("arn:aws:s3:::{text}"),
            "CWL" => format!("logs:{region}:{account}:log-group:{text}"),
            "FH" => format!("firehose:{region}:{account}:deliverystream/{text}"),
            _ => format!("pcs:{region}:{account}:log-directory/{text}"),
        };
        format!("arn:aws:{path}")
    }

    /// AWS's words for the kinds, in the order in which they are offered.
    pub const KINDS: [&str; 4] = ["CWL", "S3", "FH", "LOCAL"];

    /// AWS's word for its kind; it has none for a directory.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::LogGroup { .. } => "CWL",
            Target::Bucket { .. } => "S3",
            Target::Stream { .. } => "FH",
            Target::Directory { .. } => "LOCAL",
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Letters, digits and those characters.
fn is_word(text: &str, most: usize, more: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    (1..=most).contains(&text.len()) && text.chars().all(is_part)
}

fn is_log_group(name: &str) -> bool {
    is_word(name, 512, "._-/#")
}

fn is_bucket(name: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
    (3..=63).contains(&name.len()) && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_what_logs_can_be_brought_to() {
        let of = ("us-east-1".to_owned(), "111122223333".to_owned());
        let group = |name: &str| Target::LogGroup {
            region: of.0.clone(),
            account: of.1.clone(),
            name: name.into(),
        };
        let bucket = |prefix: &str| Target::Bucket {
            name: "my.logs-1".into(),
            prefix: prefix.into(),
        };
        let logs = "arn:aws:logs:us-east-1:111122223333:log-group:";
        for (arn, target) in [
            (format!("{logs}/pcs/a"), group("/pcs/a")),
            (format!("{logs}/pcs/a:*"), group("/pcs/a")),
            ("arn:aws:s3:::my.logs-1".into(), bucket("")),
            ("arn:aws:s3:::my.logs-1/a/b/".into(), bucket("a/b")),
            (
                "arn:aws:firehose:us-east-1:111122223333:deliverystream/s".into(),
                Target::Stream {
                    region: of.0.clone(),
                    account: of.1.clone(),
                    name: "s".into(),
                },
            ),
            (
                "arn:aws:pcs:us-east-1:111122223333:log-directory/d_1".into(),
                Target::Directory { name: "d_1".into() },
            ),
        ] {
            assert_eq!(Target::parse(&arn), Some(target), "{arn}");
        }
    }

    #[test]
    fn a_name_means_something_of_this_account() {
        let account = "111122223333";
        for kind in Target::KINDS {
            let arn = Target::arn_of(kind, " pcs ", "us-east-1", account);
            let found = Target::parse(&arn).map(|target| target.kind());
            assert_eq!(found, Some(kind), "{arn}");
            assert_eq!(Target::arn_of(kind, &arn, "us-east-2", account), arn);
        }
    }

    #[test]
    fn nothing_else_is_a_target() {
        for arn in [
            "",
            "arn:aws:s3",
            "arn:aws:s3:::",
            "arn:aws:s3:::Up",
            "arn:aws:logs:us-east-1:111122223333:log-group:",
            "arn:aws:logs:us-east-1:1:log-group:a",
            "arn:aws:logs::111122223333:log-group:a",
            "arn:aws:pcs:us-east-1:111122223333:log-directory/..",
            "arn:aws:pcs:us-east-1:111122223333:log-directory/a/b",
            "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_a",
            "arn:aws:sqs:us-east-1:111122223333:a",
        ] {
            assert_eq!(Target::parse(arn), None, "{arn}");
        }
    }
}
