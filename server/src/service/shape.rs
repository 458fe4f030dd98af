//! Checks documents against the service model.
