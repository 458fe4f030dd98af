//! Nobody gets past the gate: each method of the port refuses a stranger, for an operation that the port names for it.

use std::collections::{BTreeMap, BTreeSet};

use app::model::cluster_delivery::SetUpDeliveryRequest;
use app::model::error::{ErrorKind, Result};
use app::model::job::JobAction;
use app::model::node::NodeAction;
use app::model::offer::{OfferKind, OfferQuery};
use app::model::operation::Operation;
use app::model::page::PageRequest;
use app::model::setting::SettingScope;
use app::model::submit::SubmitJobRequest;
use app::port::*;
use serde::Serialize;
use serde_json::{Value, json};

use zeroize::Zeroizing;

use super::change::Changes;
use super::doors::Diagnostics as _;
use super::fixture::{admin, everything, fill, of, service, with};
use super::people::People;
use super::set_aside;
use crate::auth::password::new_access_key;
use crate::data_dir::DataDir;

fn word(action: impl Serialize) -> Value {
    serde_json::to_value(action).unwrap()
}

/// The action that it was refused for.
fn refused(method: &str, answer: Result<()>) -> String {
    let error = answer.expect_err(method);
    assert_eq!(error.kind, ErrorKind::AccessDenied, "{method}: {error}");
    let action = error.message.split("perform: ").nth(1);
    let action = action.and_then(|rest| rest.split(' ').next());
    action.unwrap_or(&error.message).to_owned()
}

#[tokio::test]
async fn every_method_asks_before_it_answers() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let arn = fill(&service).await;
    let empty_dir = tempfile::tempdir().unwrap();
    let empty = super::fixture::service(empty_dir.path()).await;
    let stranger = Ctx::new(Principal::Anonymous, Why::Api, "request".into());
    let mut actions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    macro_rules! ask {
        ($($method:ident($($input:expr),*);)+) => {
            $({
                let method = stringify!($method);
                let answer = service.$method(&stranger, $($input),*).await.map(drop);
                // What is there and what is not is refused in the same words.
                let nothing = empty.$method(&stranger, $($input),*).await.map(drop);
                assert_eq!(nothing, answer, "{method}");
                let action = refused(method, answer);
                actions.entry(stringify!($method)).or_default().insert(action);
            })+
        };
    }
    let cluster = || "abc".to_owned();
    let tagged = || with(json!({"resourceArn": arn}));
    let logs = || {
        with(json!({
            "name": "a", "id": "a", "resourceArn": arn, "logType": "PCS_SCHEDULER_LOGS", "deliverySourceName": "a",
            "deliveryDestinationArn": "a", "deliveryDestinationName": "a", "deliveryDestinationPolicy": "{}",
        }))
    };
    let version = || "24.11".to_owned();
    let page = PageRequest::default;
    ask! {
        create_cluster(of(everything()));
        get_cluster(of(everything()));
        list_clusters(of(everything()));
        update_cluster(of(everything()));
        delete_cluster(of(everything()));
        create_compute_node_group(of(everything()));
        get_compute_node_group(of(everything()));
        list_compute_node_groups(of(everything()));
        update_compute_node_group(of(everything()));
        delete_compute_node_group(of(everything()));
        create_queue(of(everything()));
        get_queue(of(everything()));
        list_queues(of(everything()));
        update_queue(of(everything()));
        delete_queue(of(everything()));
        list_tags_for_resource(of(tagged()));
        tag_resource(of(tagged()));
        untag_resource(of(tagged()));
        get_secret_value(of(everything()));
        put_delivery_destination(of(logs()));
        get_delivery_destination(of(logs()));
        describe_delivery_destinations(of(logs()));
        delete_delivery_destination(of(logs()));
        put_delivery_destination_policy(of(logs()));
        get_delivery_destination_policy(of(logs()));
        delete_delivery_destination_policy(of(logs()));
        put_delivery_source(of(logs()));
        get_delivery_source(of(logs()));
        describe_delivery_sources(of(logs()));
        delete_delivery_source(of(logs()));
        create_delivery(of(logs()));
        get_delivery(of(logs()));
        describe_deliveries(of(logs()));
        update_delivery_configuration(of(logs()));
        delete_delivery(of(logs()));
        cluster_deliveries(cluster());
        set_up_delivery(SetUpDeliveryRequest { cluster_identifier: cluster(), ..Default::default() });
        remove_delivery(of(logs()));
        test_delivery(of(logs()));
        create_slurm_token(of(everything()));
        list_jobs(Some(cluster()), page());
        list_jobs(None, page());
        list_past_jobs(of(everything()), page());
        list_past_jobs(Default::default(), page());
        export_past_jobs(of(everything()), page());
        export_past_jobs(Default::default(), page());
        get_past_job(cluster(), "1".into());
        count_jobs(cluster());
        get_job(cluster(), "1".into());
        submit_job(SubmitJobRequest { cluster_identifier: cluster(), ..Default::default() });
        job_output(of(everything()));
        controller_log(of(everything()));
        search_log(of(everything()));
        search_node_log(of(everything()));
        describe_log_groups(of(everything()));
        describe_log_streams(of(everything()));
        get_log_events(of(everything()));
        filter_log_events(of(everything()));
        list_nodes(Some(cluster()), page());
        list_nodes(None, page());
        count_nodes(Some(cluster()));
        count_nodes(None);
        get_node(cluster(), "group-1".into());
        node_attempts(cluster(), "group-1".into());
        node_scripts(cluster(), "group-1".into());
        list_events(of(everything()), page());
        get_metrics(of(everything()));
        get_metrics(Default::default());
        list_metrics(Default::default());
        get_metric_data(Default::default());
        get_metric_statistics(Default::default());
        export_cluster(cluster(), Default::default());
        apply(of(with(json!({"document": DOCUMENT}))));
        list_settings(SettingScope::Cluster, version());
        check_settings(SettingScope::Cluster, version(), false, vec![]);
        identity();
        refusals(cluster());
        troubles(cluster());
        list_offers(OfferQuery::first(OfferKind::Image));
        resolve_offers(Default::default());
        list_shares(cluster());
        list_reservations(cluster());
        usage(cluster(), 1);
        set_aside();
        system();
        list_servers();
        lookup_events(Default::default());
        list_trail(Default::default());
        verify_trail();
        list_notifications();
        change_notifications(of(with(json!({"change": {"deleteRule": {"id": "a"}}}))));
        test_notification_channel(of(with(json!({"channelId": "a"}))));
        list_notices();
        mark_notices(of(with(json!({"until": 1}))));
        forget_server(of(everything()));
    }
    for action in JobAction::ALL {
        ask! { act_on_job(of(with(json!({"action": word(action)})))); }
    }
    for action in NodeAction::ALL {
        ask! { act_on_nodes(of(with(json!({"action": word(action)})))); }
    }
    for change in [
        json!({"deleteShare": {"account": "a", "user": ""}}),
        json!({"deleteQos": {"name": "a"}}),
        json!({"deleteReservation": {"name": "a"}}),
    ] {
        ask! { change_shares(of(with(json!({"change": change})))); }
    }
    let changes = Operation::PCS.iter().filter(|one| {
        let name = one.name();
        ["Create", "Update", "Delete"]
            .iter()
            .any(|verb| name.starts_with(verb))
    });
    for operation in changes {
        let request = json!({"operation": operation.name(), "input": everything()});
        ask! { plan(of(request.clone())); }
    }

    // An instance brings its own proof, and is refused for that.
    let register = service.register_compute_node_group_instance(&stranger, of(everything()));
    let words = refused("register", register.await.map(drop));
    assert!(words.starts_with("The bootstrap id is wrong"), "{words}");

    for method in methods() {
        let named: BTreeSet<String> = method.operations.iter().map(|one| one.action()).collect();
        match method.name {
            "register_compute_node_group_instance" => assert!(!actions.contains_key(method.name)),
            // They ask for one after the other.
            "apply" | "set_up_delivery" | "remove_delivery" => {
                assert!(named.is_superset(&actions[method.name]))
            }
            name => assert_eq!(actions.get(name), Some(&named), "{name}"),
        }
    }
}

#[tokio::test]
async fn the_live_stream_asks_too() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let changes = Changes::follow(service.parts.db.changes(), service.parts.arns.clone());
    let stranger = Ctx::new(Principal::Anonymous, Why::Console, "request".into());
    let action = refused("watch", changes.watch(&stranger).map(drop));
    assert_eq!(action, Operation::WatchEvents.action());
    assert!(changes.watch(&admin(&service)).is_ok());
}

#[tokio::test]
async fn a_bundle_of_diagnostics_is_asked_for_too() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let stranger = Ctx::new(Principal::Anonymous, Why::Api, "request".into());
    for cluster in [None, Some("abc".to_owned())] {
        let made = service.diagnose(&stranger, cluster).await.map(drop);
        let action = refused("diagnose", made);
        assert_eq!(action, Operation::CreateDiagnostics.action());
    }
}

#[tokio::test]
async fn what_commands_on_the_host_do_nobody_else_may() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let (db, arns, seal) = (&service.parts.db, &service.parts.arns, &service.parts.seal);
    let people = People {
        db: db.clone(),
        arns: arns.clone(),
    };
    let data_dir = DataDir::at(dir.path());
    let password = || Zeroizing::new("correct horse".to_owned());
    let key = new_access_key();
    let stranger = Ctx::new(Principal::Anonymous, Why::Api, "request".into());
    for ctx in [&stranger, &admin(&service)] {
        let answers = [
            people.list_users(ctx).await.map(drop),
            people.create_user(ctx, "jane", password()).await,
            people.set_user_password(ctx, "jane", password()).await,
            people.delete_user(ctx, "jane").await,
            people.list_access_keys(ctx, None).await.map(drop),
            people.create_access_key(ctx, seal, "jane", &key).await,
            people.delete_access_key(ctx, &key.id).await,
            set_aside::remove(ctx, db, arns, &data_dir, "pcs_a").await,
        ];
        let asked = answers.map(|answer| refused("of the host", answer));
        let of_host = Operation::HOST.iter().map(|one| one.action());
        assert_eq!(BTreeSet::from(asked), of_host.collect());
    }

    let host = Ctx::new(Principal::of_host("root"), Why::Command, "request".into());
    assert!(set_aside::list(&host, db, &data_dir).await.is_ok());
    let cluster = service.create_cluster(&host, of(everything())).await;
    assert_eq!(refused("create", cluster.map(drop)), "pcs:CreateCluster");
}

const DOCUMENT: &str = r#"
apiVersion: openpcs/v1
cluster:
  name: abc
  scheduler: { type: SLURM, version: "24.11" }
  size: SMALL
  networking: {}
computeNodeGroups: []
queues: []
"#;
