//! The codes of quotas, as AWS writes them in a ServiceQuotaExceededException.

pub const CLUSTERS: &str = "L-4B1D5BBA";
/// Of clusters in CREATING: one.
pub const CREATING: &str = "L-6C8AE3F0";
pub const INSTANCES: &str = "L-8D8B4C11";
/// Of one source of logs: three.
pub const DELIVERIES: &str = "L-DELIVERIES";
pub const TAGS: &str = "L-TAGS";
