//! The doors as metrics tell them apart: few words, whatever is asked for.

use app::paths;
use axum::http::Method;

use super::wire::is_api;

/// By which door a request comes.
pub fn of(method: &Method, path: &str) -> &'static str {
    let below = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    match path {
        _ if *method == Method::POST && is_api(path) => "api",
        "/healthz" | "/readyz" | "/metrics" => "probe",
        _ if below("/instance") || below("/controller") => "agent",
        _ if below("/openpcs") => "command",
        _ if below("/pkg") => "file",
        paths::EVENTS => "stream",
        _ if below(paths::CONSOLE) => "console",
        _ => "page",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_of_a_door() {
        for (path, door) in [
            ("/", "api"),
            (
                "/service/GraniteServiceVersion20100801/operation/ListMetrics",
                "api",
            ),
            ("/readyz", "probe"),
            ("/instance/v1/steps", "agent"),
            ("/instance/v1/logs", "agent"),
            ("/controller/v1/hooks", "agent"),
            ("/openpcs/v1/plan", "command"),
            ("/openpcs/v1/servers/forget", "command"),
            ("/pkg/openpcs.css", "file"),
            ("/console/events", "stream"),
            ("/console/get-cluster", "console"),
            ("/consoles", "page"),
            ("/clusters", "page"),
            ("/nobody/knows", "page"),
        ] {
            assert_eq!(of(&Method::POST, path), door, "{path}");
        }
        assert_eq!(of(&Method::GET, "/"), "page");
    }
}
