//! The servers that share the database.

use crate::model::server::{ForgetServerRequest, ForgetServerResponse, Server};

port! {
    /// This server and the others.
    Servers {
        /// All of them, by host.
        ListServers => list_servers() -> Vec<Server>;
        /// Gives up the clusters of a server that will never return; refused while it lives.
        ForgetServer => forget_server(request: ForgetServerRequest) -> ForgetServerResponse;
    }
}
