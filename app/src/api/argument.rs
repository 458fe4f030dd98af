//! Reading what a server function is called with, and saying which member of it is wrong.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::model::error::{Error, ValidationReason};

/// Why it could not be read. The framework passes on the text of this only, so the text is the whole refusal.
pub struct Wrong(Error);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refusal = serde_json::to_string(&self.0).map_err(|_| fmt::Error)?;
        f.write_str(&refusal)
    }
}

impl Wrong {
    /// The refusal that the text of a [`Wrong`] is; any other text is its reason.
    pub fn refusal(text: &str) -> Error {
        serde_json::from_str(text).unwrap_or_else(|_| unreadable(text))
    }
}

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let reason = error.inner().to_string();
        // Only what is JSON has members.
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Wrong(of_member(&error.path().to_string(), reason)),
            Err(_) => Wrong(unreadable(&reason)),
        }
    })?;
    json.end()
        .map_err(|error| Wrong(unreadable(&error.to_string())))?;
    Ok(value)
}

fn of_member(path: &str, reason: String) -> Error {
    let missing = reason
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name);
    let member = match (path, missing) {
        (".", missing) => missing.map(str::to_owned),
        (path, None) => Some(path.to_owned()),
        (path, Some(name)) => Some(format!("{path}.{name}")),
    };
    match member {
        Some(member) => {
            let message = format!("This is missing or of the wrong form: {reason}. Correct it.");
            Error::field(member, message)
        }
        None => unreadable(&reason),
    }
}

fn unreadable(reason: &str) -> Error {
    Error::validation(
        ValidationReason::CannotParse,
        format!("The request body is not the JSON that it should be: {reason}."),
    )
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::model::error::ErrorKind;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read from JSON")]
    struct Call {
        input: Input,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code, reason = "only read from JSON")]
    struct Input {
        queue_name: String,
        counts: Vec<i32>,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        One,
    }

    #[test]
    fn the_wrong_member_is_named_and_survives_the_framework() {
        for (body, member) in [
            ("{}", Some("input")),
            (r#"{"input": {"counts": []}}"#, Some("input.queueName")),
            (r#"{"input": {"queueName": 1}}"#, Some("input.queueName")),
            (
                r#"{"input": {"queueName": "a", "counts": [1, "b"]}}"#,
                Some("input.counts[1]"),
            ),
            (r#"{"input": null}"#, Some("input")),
            (
                r#"{"input": {"queueName": "a", "counts": [], "kind": 1}}"#,
                Some("input.kind"),
            ),
            ("", None),
            ("{", None),
            (r#"{"input": {"#, None),
            ("1", None),
            ("null", None),
            ("[]", None),
            (r#"{"input": {"queueName": "a", "counts": []}} x"#, None),
        ] {
            let Err(wrong) = read::<Call>(body) else {
                panic!("{body:?} was read");
            };
            let error = Wrong::refusal(&wrong.to_string());
            let ErrorKind::Validation { fields, .. } = &error.kind else {
                panic!("{body:?}: {error:?}");
            };
            let named = fields.first().map(|field| field.name.as_str());
            assert_eq!(named, member, "{body:?}: {error}");
        }
    }
}
