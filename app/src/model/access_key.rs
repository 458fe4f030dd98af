//! The keys that sign requests of the API.

/// What may be known of one; its secret is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    pub id: String,
    pub user_name: String,
    /// In milliseconds since 1970.
    pub created_at: i64,
}
