//! What the audit trail says of a request: as it was asked, without what must not be read later.

use serde::Serialize;
use serde_json::Value;

/// The longest request kept, in bytes; a longer one is cut, and says so.
const LONGEST: usize = 16 * 1024;

/// A request as text for the audit trail.
pub fn request_text(input: &impl Serialize) -> String {
    let mut value = serde_json::to_value(input).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut value {
        members.remove("bootstrapId");
        // A job's script may hold anything; the job's own page shows it to whoever may see the job.
        members.remove("script");
    }
    let text = value.to_string();
    if text.len() <= LONGEST {
        return text;
    }
    Value::String(format!("cut: the request had {} bytes", text.len())).to_string()
}
