//! Hostlist expressions.
