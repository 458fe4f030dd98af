//! Processes with a private /run that outlive the server.
