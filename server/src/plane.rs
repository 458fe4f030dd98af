//! Assembly and shutdown.
