//! Rules, authorization, quotas, idempotency, audit.
