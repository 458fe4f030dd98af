//! Every URL of the console. No other file spells one out.

use std::fmt::Write;

use crate::i18n::{Language, Text};
use crate::model::event::{Event, LoggedBy};
use crate::model::job::OutputKind;
use crate::model::job_id::JobId;
use crate::model::log::{LogDaemon, LogView};
use crate::model::metric_part::By;
use crate::preference::Theme;

/// The folder of all that is not a page: server functions, the live stream, sign-in and sign-out.
pub const CONSOLE: &str = "/console";
/// Where the browser posts a job that it submits.
pub const SUBMIT_JOB: &str = "/console/submit-job";
/// What the page *System* asks for again and again, by itself.
pub const GET_SYSTEM: &str = "/console/get-system";
pub const SIGN_IN: &str = "/sign-in";
pub const POST_SIGN_IN: &str = "/console/sign-in";
pub const POST_SIGN_OUT: &str = "/console/sign-out";
pub const EVENTS: &str = "/console/events";
pub const PREFERENCE: &str = "/console/preference";
pub const CLUSTERS: &str = "/clusters";
pub const JOBS: &str = "/jobs";
pub const PAST_JOBS: &str = "/jobs/past";
pub const NODES: &str = "/nodes";
pub const LOGS: &str = "/logs";
pub const MONITORING: &str = "/monitoring";
pub const SYSTEM: &str = "/system";
pub const AUDIT: &str = "/audit";
/// The audit trail, as a download; [`audit_file`] is one of them.
pub const AUDIT_FILE: &str = "/console/audit";
pub const NOTIFICATIONS: &str = "/notifications";
/// As the server's router writes it; [`job_output`] is one of them.
pub const JOB_OUTPUT_ROUTE: &str = "/console/clusters/{cluster}/jobs/{job}/output/{kind}";
/// Of the page on which a job is submitted: as which job was.
pub const AGAIN: &str = "again";
/// A table of past jobs, as a download; [`past_jobs_file`] is one of them.
pub const PAST_JOBS_FILE: &str = "/console/past-jobs.csv";
/// The same for [`job_output_file`].
pub const JOB_OUTPUT_FILE_ROUTE: &str = "/console/clusters/{cluster}/jobs/{job}/output/{kind}/file";
/// The same for [`controller_log`] and [`controller_log_file`].
pub const CONTROLLER_LOG_ROUTE: &str = "/console/clusters/{cluster}/controller-log/{daemon}";
pub const CONTROLLER_LOG_FILE_ROUTE: &str =
    "/console/clusters/{cluster}/controller-log/{daemon}/file";
/// A bundle of what helps to find the cause of a trouble, as a download; [`diagnostics`] is that of one cluster.
pub const DIAGNOSTICS: &str = "/console/diagnostics";
pub const TROUBLESHOOTING: &str = "/troubleshooting";
/// What was found in a cluster's log, as a download; [`log_file`] is one of them.
pub const LOG_FILE_ROUTE: &str = "/console/clusters/{cluster}/log";
/// What was found in a node's logs, as a download; [`node_log_file`] is one of them.
pub const NODE_LOG_FILE_ROUTE: &str = "/console/clusters/{cluster}/nodes/{node}/log";
pub const CREATE_CLUSTER: &str = "/clusters/create";
pub const IMPORT_CLUSTER: &str = "/clusters/import";
/// Each component in each state; only in builds with the feature `design`.
pub const DESIGN: &str = "/design";

/// The parts of a cluster's page, in the order of its tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterTab {
    Details,
    Groups,
    Queues,
    Nodes,
    Jobs,
    Accounts,
    SharingRules,
    Logs,
    Monitoring,
    Events,
    Tags,
    Connect,
}

impl ClusterTab {
    pub const ALL: [ClusterTab; 12] = [
        ClusterTab::Details,
        ClusterTab::Groups,
        ClusterTab::Queues,
        ClusterTab::Nodes,
        ClusterTab::Jobs,
        ClusterTab::Accounts,
        ClusterTab::SharingRules,
        ClusterTab::Logs,
        ClusterTab::Monitoring,
        ClusterTab::Events,
        ClusterTab::Tags,
        ClusterTab::Connect,
    ];

    pub fn title(self, t: &'static Text) -> &'static str {
        match self {
            ClusterTab::Details => t.cluster.details,
            ClusterTab::Groups => t.cluster.groups,
            ClusterTab::Queues => t.cluster.queues,
            ClusterTab::Nodes => t.cluster.nodes,
            ClusterTab::Jobs => t.cluster.jobs,
            ClusterTab::Accounts => t.shares.tab,
            ClusterTab::SharingRules => t.shares.rules_tab,
            ClusterTab::Logs => t.logs.tab_title,
            ClusterTab::Monitoring => t.monitoring.title,
            ClusterTab::Events => t.cluster.events,
            ClusterTab::Tags => t.details.tags,
            ClusterTab::Connect => t.connect.tab,
        }
    }

    fn segment(self) -> &'static str {
        match self {
            ClusterTab::Details => "",
            ClusterTab::Groups => "/compute-node-groups",
            ClusterTab::Queues => "/queues",
            ClusterTab::Nodes => "/nodes",
            ClusterTab::Jobs => "/jobs",
            ClusterTab::Accounts => "/accounts",
            ClusterTab::SharingRules => "/qos",
            ClusterTab::Logs => "/logs",
            ClusterTab::Monitoring => "/monitoring",
            ClusterTab::Events => "/events",
            ClusterTab::Tags => "/tags",
            ClusterTab::Connect => "/connect",
        }
    }
}

pub fn cluster(id: &str, tab: ClusterTab) -> String {
    format!("{CLUSTERS}/{}{}", encode(id), tab.segment())
}

pub fn edit_cluster(id: &str) -> String {
    format!("{}/edit", cluster(id, ClusterTab::Details))
}

pub fn compute_node_group(cluster_id: &str, id: &str) -> String {
    let groups = cluster(cluster_id, ClusterTab::Groups);
    format!("{groups}/{}", encode(id))
}

/// The page of a job; of tasks that wait together their array's, for they start one by one and the address stays.
pub fn job(cluster_id: &str, id: &str) -> String {
    let jobs = cluster(cluster_id, ClusterTab::Jobs);
    let lasting = id.parse().map(|id: JobId| id.lasting().to_string());
    format!("{jobs}/{}", encode(lasting.as_deref().unwrap_or(id)))
}

/// A job that ended, of a cluster that may be deleted.
pub fn past_job(cluster_id: &str, id: &str) -> String {
    format!("{PAST_JOBS}/{}/{}", encode(cluster_id), encode(id))
}

/// The table of those past jobs, each of the two in JSON.
pub fn past_jobs_file(of: &str, page: &str, language: &str) -> String {
    let (of, page, language) = (encode(of), encode(page), encode(language));
    format!("{PAST_JOBS_FILE}?of={of}&page={page}&language={language}")
}

/// The records that hold a part of the ARN, as a cluster's id.
pub fn audit_of(resource: &str) -> String {
    format!("{AUDIT}?resource={}", encode(resource))
}

/// The trail with these in its address, by name.
pub fn audit(pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = given
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    match pairs.is_empty() {
        true => AUDIT.into(),
        false => format!("{AUDIT}?{}", pairs.join("&")),
    }
}

/// Those records, in JSON, as `csv` or `jsonl`.
pub fn audit_file(of: &str, form: &str) -> String {
    format!("{AUDIT_FILE}?form={form}&of={}", encode(of))
}

pub fn submit_job(cluster_id: &str) -> String {
    format!("{}/submit", cluster(cluster_id, ClusterTab::Jobs))
}

/// The same page, filled in as that job was.
pub fn submit_again(cluster_id: &str, job: &str) -> String {
    format!("{}?{AGAIN}={}", submit_job(cluster_id), encode(job))
}

/// A list, showing those with that value only: see `ui::table`.
pub fn with_property(list: &str, title: &str, value: &str) -> String {
    format!("{list}?where={}", encode(&format!("{title} = {value}")))
}

/// The stream of a job's output.
pub fn job_output(cluster_id: &str, id: &str, kind: OutputKind) -> String {
    let (cluster, job) = (encode(cluster_id), encode(id));
    format!(
        "{CONSOLE}/clusters/{cluster}/jobs/{job}/output/{}",
        kind.as_str()
    )
}

/// A job's whole output file, as a download.
pub fn job_output_file(cluster_id: &str, id: &str, kind: OutputKind) -> String {
    format!("{}/file", job_output(cluster_id, id, kind))
}

/// The stream of what a daemon of a cluster's controller logs.
pub fn controller_log(cluster_id: &str, daemon: LogDaemon) -> String {
    let (cluster, daemon) = (encode(cluster_id), daemon.as_str());
    format!("{CONSOLE}/clusters/{cluster}/controller-log/{daemon}")
}

/// The whole of it, as a download.
pub fn controller_log_file(cluster_id: &str, daemon: LogDaemon) -> String {
    format!("{}/file", controller_log(cluster_id, daemon))
}

/// One of the two pages with logs, showing that.
pub fn logs(page: &str, view: &LogView) -> String {
    let words = view
        .words()
        .into_iter()
        .filter(|(_, word)| !word.is_empty());
    let words: Vec<String> = words
        .map(|(name, word)| format!("{name}={}", encode(word)))
        .collect();
    match words.is_empty() {
        true => page.to_owned(),
        false => format!("{page}?{}", words.join("&")),
    }
}

/// What a daemon logged at that time, in milliseconds since 1970, with what came before and after.
pub fn log_at(cluster_id: &str, daemon: LogDaemon, at: i64) -> String {
    let view = LogView {
        daemon: daemon.as_str().to_owned(),
        around: at.to_string(),
        ..LogView::default()
    };
    logs(&cluster(cluster_id, ClusterTab::Logs), &view)
}

/// The lines that such a page shows and all older ones, as a download.
pub fn log_file(cluster_id: &str, view: &LogView) -> String {
    logs(
        &format!("{CONSOLE}/clusters/{}/log", encode(cluster_id)),
        view,
    )
}

pub fn node(cluster_id: &str, name: &str) -> String {
    format!(
        "{}/{}",
        cluster(cluster_id, ClusterTab::Nodes),
        encode(name)
    )
}

/// The logs of a node's instances.
pub fn node_logs(cluster_id: &str, name: &str) -> String {
    format!("{}/logs", node(cluster_id, name))
}

/// What the instance that a node had at that time logged around it, in milliseconds since 1970.
pub fn node_log_at(cluster_id: &str, name: &str, at: i64) -> String {
    let view = LogView {
        around: at.to_string(),
        ..LogView::default()
    };
    logs(&node_logs(cluster_id, name), &view)
}

/// What a log says about an event; none where no log does.
pub fn log_of_event(cluster_id: &str, event: &Event) -> Option<String> {
    Some(match event.logged_by()? {
        LoggedBy::Controller(daemon) => log_at(cluster_id, daemon, event.at),
        LoggedBy::Node => node_log_at(cluster_id, &event.resource_id, event.at),
    })
}

/// The lines that such a page shows and all older ones, as a download.
pub fn node_log_file(cluster_id: &str, name: &str, view: &LogView) -> String {
    let (cluster, node) = (encode(cluster_id), encode(name));
    logs(
        &format!("{CONSOLE}/clusters/{cluster}/nodes/{node}/log"),
        view,
    )
}

/// The timeline of one resource.
pub fn events_of(cluster_id: &str, resource_type: &str, resource_id: &str) -> String {
    let events = cluster(cluster_id, ClusterTab::Events);
    format!("{events}?{resource_type}={}", encode(resource_id))
}

/// What one of the two pages with charts shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartView {
    /// In its word.
    pub range: String,
    pub by: Option<By>,
    /// Those that are compared.
    pub clusters: Vec<String>,
    /// Instead of charts.
    pub as_table: bool,
}

pub fn monitoring(page: &str, view: &ChartView) -> String {
    let mut path = format!("{page}?range={}", encode(&view.range));
    match view.by {
        Some(By::Cluster) => path += &format!("&clusters={}", encode(&view.clusters.join(","))),
        Some(by) => path += &format!("&by={}", by.as_str()),
        None => {}
    }
    if view.as_table {
        path += "&view=table";
    }
    path
}

pub fn create_compute_node_group(cluster_id: &str) -> String {
    format!("{}/create", cluster(cluster_id, ClusterTab::Groups))
}

pub fn edit_compute_node_group(cluster_id: &str, id: &str) -> String {
    format!("{}/edit", compute_node_group(cluster_id, id))
}

pub fn queue(cluster_id: &str, id: &str) -> String {
    let queues = cluster(cluster_id, ClusterTab::Queues);
    format!("{queues}/{}", encode(id))
}

pub fn create_queue(cluster_id: &str) -> String {
    format!("{}/create", cluster(cluster_id, ClusterTab::Queues))
}

pub fn create_delivery(cluster_id: &str) -> String {
    format!(
        "{}/deliveries/create",
        cluster(cluster_id, ClusterTab::Logs)
    )
}

pub fn edit_queue(cluster_id: &str, id: &str) -> String {
    format!("{}/edit", queue(cluster_id, id))
}

pub fn export_cluster(id: &str) -> String {
    format!("{}/export", cluster(id, ClusterTab::Details))
}

/// The import page, filled with the document of that cluster.
pub fn clone_cluster(id: &str) -> String {
    format!("{IMPORT_CLUSTER}?from={}", encode(id))
}

/// What a code means and what to do about it.
pub fn trouble(code: &str) -> String {
    format!("{TROUBLESHOOTING}/{}", encode(code))
}

/// The same, its commands filled in for that cluster.
pub fn trouble_of(code: &str, cluster_id: &str) -> String {
    format!("{}?cluster={}", trouble(code), encode(cluster_id))
}

pub fn diagnostics(cluster_id: &str) -> String {
    format!("{DIAGNOSTICS}?cluster={}", encode(cluster_id))
}

/// Sign in, then go on to `next`.
pub fn sign_in(next: &str) -> String {
    format!("{SIGN_IN}?next={}", encode(next))
}

pub fn set_language(language: Language, next: &str) -> String {
    format!(
        "{PREFERENCE}?language={}&next={}",
        language.tag(),
        encode(next)
    )
}

pub fn set_theme(theme: Theme, next: &str) -> String {
    format!(
        "{PREFERENCE}?theme={}&next={}",
        theme.as_str(),
        encode(next)
    )
}

/// Whether a redirect may follow it: a path of this console, never another site (`//host`, `/\host`).
pub fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(|c: char| c == '\\' || c.is_control())
}

/// Percent-encoded: all but letters, digits and `-_.~`.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses are bookmarked and mailed: a change of one must be meant.
    #[test]
    fn every_url() {
        let urls = ClusterTab::ALL
            .map(|tab| cluster("pcs_abc123def4", tab))
            .into_iter()
            .chain([
                CLUSTERS.into(),
                job("pcs_abc123def4", "12_[4-9]"),
                job("pcs_abc123def4", "12_3"),
                job("pcs_abc123def4", "13+1"),
                submit_job("pcs_abc123def4"),
                submit_again("pcs_abc123def4", "12_3"),
                past_job("pcs_abc123def4", "12_[4-9]"),
                past_jobs_file("{}", "{}", "en"),
                job_output("pcs_abc123def4", "12_3", OutputKind::Stderr),
                node("pcs_abc123def4", "compute-1-1"),
                events_of("pcs_abc123def4", "node", "compute-1-1"),
                log_at("pcs_abc123def4", LogDaemon::Slurmctld, 17),
                log_file("pcs_abc123def4", &LogView::read(|_| Some("a b".into()))),
                node_logs("pcs_abc123def4", "compute-1-1"),
                node_log_at("pcs_abc123def4", "compute-1-1", 17),
                node_log_file(
                    "pcs_abc123def4",
                    "compute-1-1",
                    &LogView::read(|_| Some("a b".into())),
                ),
                LOGS.into(),
                MONITORING.into(),
                monitoring(
                    MONITORING,
                    &ChartView {
                        range: "15mo".into(),
                        as_table: true,
                        ..ChartView::default()
                    },
                ),
                monitoring(
                    MONITORING,
                    &ChartView {
                        range: "1d".into(),
                        by: Some(By::Cluster),
                        clusters: vec!["a".into(), "b".into()],
                        as_table: false,
                    },
                ),
                CREATE_CLUSTER.into(),
                edit_cluster("pcs_abc123def4"),
                DESIGN.into(),
                compute_node_group("pcs_abc123def4", "pcs_1"),
                create_compute_node_group("pcs_abc123def4"),
                edit_compute_node_group("pcs_abc123def4", "pcs_1"),
                queue("pcs_abc123def4", "pcs_2"),
                create_queue("pcs_abc123def4"),
                edit_queue("pcs_abc123def4", "pcs_2"),
                create_delivery("pcs_abc123def4"),
                export_cluster("pcs_abc123def4"),
                IMPORT_CLUSTER.into(),
                clone_cluster("pcs_abc123def4"),
                sign_in("/clusters?a=b"),
                set_language(Language::SimplifiedChinese, CLUSTERS),
                set_theme(Theme::Dark, CLUSTERS),
                SYSTEM.into(),
                audit_of("pcs_abc123def4"),
                audit(&[("user", "a b"), ("operation", ""), ("before", "7")]),
                audit(&[]),
                audit_file("{}", "csv"),
                TROUBLESHOOTING.into(),
                trouble("ConfigurationRefused"),
                trouble_of("NodesBusy", "pcs_abc123def4"),
                diagnostics("pcs_abc123def4"),
                NOTIFICATIONS.into(),
            ])
            .collect::<Vec<String>>();
        assert_eq!(
            urls,
            [
                "/clusters/pcs_abc123def4",
                "/clusters/pcs_abc123def4/compute-node-groups",
                "/clusters/pcs_abc123def4/queues",
                "/clusters/pcs_abc123def4/nodes",
                "/clusters/pcs_abc123def4/jobs",
                "/clusters/pcs_abc123def4/accounts",
                "/clusters/pcs_abc123def4/qos",
                "/clusters/pcs_abc123def4/logs",
                "/clusters/pcs_abc123def4/monitoring",
                "/clusters/pcs_abc123def4/events",
                "/clusters/pcs_abc123def4/tags",
                "/clusters/pcs_abc123def4/connect",
                "/clusters",
                "/clusters/pcs_abc123def4/jobs/12",
                "/clusters/pcs_abc123def4/jobs/12_3",
                "/clusters/pcs_abc123def4/jobs/13%2B1",
                "/clusters/pcs_abc123def4/jobs/submit",
                "/clusters/pcs_abc123def4/jobs/submit?again=12_3",
                "/jobs/past/pcs_abc123def4/12_%5B4-9%5D",
                "/console/past-jobs.csv?of=%7B%7D&page=%7B%7D&language=en",
                "/console/clusters/pcs_abc123def4/jobs/12_3/output/stderr",
                "/clusters/pcs_abc123def4/nodes/compute-1-1",
                "/clusters/pcs_abc123def4/events?node=compute-1-1",
                "/clusters/pcs_abc123def4/logs?daemon=slurmctld&around=17",
                "/console/clusters/pcs_abc123def4/log?cluster=a%20b&instance=a%20b&mode=a%20b&text=a%20b&level=a%20b&daemon=a%20b&\
                 range=a%20b&before=a%20b&after=a%20b&around=a%20b",
                "/clusters/pcs_abc123def4/nodes/compute-1-1/logs",
                "/clusters/pcs_abc123def4/nodes/compute-1-1/logs?around=17",
                "/console/clusters/pcs_abc123def4/nodes/compute-1-1/log?cluster=a%20b&instance=a%20b&mode=a%20b&text=a%20b&level=a%20b&daemon=a%20b&\
                 range=a%20b&before=a%20b&after=a%20b&around=a%20b",
                "/logs",
                "/monitoring",
                "/monitoring?range=15mo&view=table",
                "/monitoring?range=1d&clusters=a%2Cb",
                "/clusters/create",
                "/clusters/pcs_abc123def4/edit",
                "/design",
                "/clusters/pcs_abc123def4/compute-node-groups/pcs_1",
                "/clusters/pcs_abc123def4/compute-node-groups/create",
                "/clusters/pcs_abc123def4/compute-node-groups/pcs_1/edit",
                "/clusters/pcs_abc123def4/queues/pcs_2",
                "/clusters/pcs_abc123def4/queues/create",
                "/clusters/pcs_abc123def4/queues/pcs_2/edit",
                "/clusters/pcs_abc123def4/logs/deliveries/create",
                "/clusters/pcs_abc123def4/export",
                "/clusters/import",
                "/clusters/import?from=pcs_abc123def4",
                "/sign-in?next=%2Fclusters%3Fa%3Db",
                "/console/preference?language=zh-CN&next=%2Fclusters",
                "/console/preference?theme=dark&next=%2Fclusters",
                "/system",
                "/audit?resource=pcs_abc123def4",
                "/audit?user=a%20b&before=7",
                "/audit",
                "/console/audit?form=csv&of=%7B%7D",
                "/troubleshooting",
                "/troubleshooting/ConfigurationRefused",
                "/troubleshooting/NodesBusy?cluster=pcs_abc123def4",
                "/console/diagnostics?cluster=pcs_abc123def4",
                "/notifications",
            ]
        );
    }

    #[test]
    fn a_redirect_stays_in_the_console() {
        assert!(is_local("/clusters?x=1"));
        for foreign in [
            "",
            "clusters",
            "//evil",
            "/\\evil",
            "https://evil",
            "/\r\nSet-Cookie: a",
        ] {
            assert!(!is_local(foreign), "{foreign:?}");
        }
    }
}
