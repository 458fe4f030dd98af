//! `openpcs server`: the servers that share the database, and giving one up that will never return.

use anyhow::bail;
use app::model::server::{ForgetServerRequest, ForgetServerResponse, Server};

use super::client::Client;
use super::show_time;
use crate::config::{self, ServerCommand};

pub fn run(options: &config::Server) -> anyhow::Result<()> {
    let client = Client::new(&options.reach)?;
    let all: Vec<Server> = client.get("/openpcs/v1/servers")?;
    match &options.command {
        ServerCommand::List => {
            for server in &all {
                println!("{}", line(server));
            }
            Ok(())
        }
        ServerCommand::Forget { id, yes } => {
            if !yes {
                let known = all.iter().find(|server| server.id == *id);
                bail!("{}", question(id, known));
            }
            let request = ForgetServerRequest {
                server_id: id.clone(),
            };
            let done: ForgetServerResponse = client.post("/openpcs/v1/servers/forget", &request)?;
            print!("{}", told(&done));
            Ok(())
        }
    }
}

fn line(server: &Server) -> String {
    let state = match server.lives {
        true => "lives",
        false => "silent",
    };
    let seen = show_time(server.seen_at);
    let (id, host, url) = (&server.id, &server.host, &server.url);
    format!("{id}\t{host}\t{url}\t{state}\t{seen}\t{}", clusters(server))
}

fn clusters(server: &Server) -> String {
    let names = server.clusters.iter().map(|cluster| cluster.name.as_str());
    names.collect::<Vec<_>>().join(",")
}

/// What would happen, for somebody who has not said yes.
fn question(id: &str, known: Option<&Server>) -> String {
    let Some(server) = known else {
        return format!(
            "there is no server {id}; `openpcs server list` shows those that use this database"
        );
    };
    let what = match server.clusters.is_empty() {
        true => "It has no clusters.".to_owned(),
        false => format!(
            "These clusters can then only be deleted, from any server, and never run again: {}. What is left of them on the \
             host {} stays there.",
            clusters(server),
            server.host
        ),
    };
    format!(
        "the server on the host {} is given up for good. {what} To do that, add --yes",
        server.host
    )
}

fn told(done: &ForgetServerResponse) -> String {
    let mut text = format!("The server on the host {} is given up.\n", done.host);
    for cluster in &done.clusters {
        let (name, id) = (&cluster.name, &cluster.id);
        text += &format!(
            "{name} ({id}) can only be deleted now; what is left of it on that host stays there.\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use app::model::server::ServerCluster;

    use super::*;

    #[test]
    fn people_are_told_what_goes_before_they_say_yes() {
        let cluster = |name: &str| ServerCluster {
            id: format!("pcs_{name}"),
            name: name.into(),
        };
        let server = Server {
            id: "ab12".into(),
            host: "burnt".into(),
            url: "http://burnt:8765".into(),
            seen_at: 1_700_000_000_000,
            lives: false,
            clusters: vec![cluster("one"), cluster("two")],
        };
        assert_eq!(
            line(&server),
            "ab12\tburnt\thttp://burnt:8765\tsilent\t2023-11-14T22:13:20Z\tone,two"
        );
        let asked = question("ab12", Some(&server));
        for word in ["burnt", "one,two", "--yes"] {
            assert!(asked.contains(word), "{asked}");
        }
        assert!(question("zz", None).contains("server list"));
    }
}
