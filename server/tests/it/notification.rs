//! People are told of what their rules wait for: signed, once each whatever fails between, never into the host's network,
//! and without a secret anywhere.

use app::model::notification::{Channel, Delivery, DeliveryState, Notices, Notifications, Rule};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::*;
use crate::job_parts::ask;

const SECRET: &str = "canary-of-the-signature";
const CLUSTER: &str = "told";

async fn plane(database: Database) -> TestPlane {
    plane_with(database, &[]).await
}

async fn plane_with(database: Database, environment: &[(&str, &str)]) -> TestPlane {
    let postgres = match database {
        Database::Postgres => Some(Postgres::start()),
        _ => None,
    };
    let mut server = Server::new(postgres.as_ref().map(Postgres::url));
    server.environment("OPENPCS_NOTIFY_LOOPBACK", "true");
    for (name, value) in environment {
        server.environment(name, value);
    }
    TestPlane::on(server, postgres).await
}

async fn change(visitor: &Visitor, change: Value) -> Result<String, Value> {
    let body = json!({"input": {"change": change}, "language": "en"});
    let answer = ask(visitor, "change-notifications", body).await?;
    Ok(answer["id"].as_str().unwrap().to_owned())
}

async fn webhook(visitor: &Visitor, name: &str, url: &str) -> String {
    let settings = json!({"kind": "webhook", "name": name, "url": url});
    let put = json!({"putChannel": {"id": "", "settings": settings, "secret": SECRET}});
    change(visitor, put).await.unwrap()
}

/// With these members beside name and channel.
async fn rule(
    visitor: &Visitor,
    name: &str,
    channel: &str,
    triggers: &[&str],
    more: Value,
) -> String {
    let mut settings = json!({"name": name, "channelId": channel, "triggers": triggers});
    let members = settings.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    let put = json!({"putRule": {"id": "", "settings": settings}});
    change(visitor, put).await.unwrap()
}

async fn all(visitor: &Visitor) -> Notifications {
    let answer = ask(visitor, "list-notifications", json!({})).await.unwrap();
    serde_json::from_value(answer).unwrap()
}

async fn channel(visitor: &Visitor, id: &str) -> Channel {
    let found = all(visitor).await.channels;
    found.into_iter().find(|one| one.id == id).unwrap()
}

async fn notices(visitor: &Visitor) -> Notices {
    let answer = ask(visitor, "list-notices", json!({"language": "en"})).await;
    serde_json::from_value(answer.unwrap()).unwrap()
}

async fn test(visitor: &Visitor, id: &str) -> String {
    let body = json!({"input": {"channelId": id}});
    let answer = ask(visitor, "test-notification-channel", body)
        .await
        .unwrap();
    answer["error"].as_str().unwrap().to_owned()
}

/// Something in a cluster's timeline: a destination of logs fails.
async fn happens(plane: &TestPlane, id: &str) {
    let pool = plane.database().await;
    sqlx::query(
        "insert into event (id, at, cluster_id, resource_type, resource_id, message, actor, code, parameters) \
         values ($1, $2, 'pcs_none', 'cluster', 'pcs_none', $3, 'reconciler', 'delivery-fails', $4)",
    )
    .bind(id)
    .bind(chrono::Utc::now().timestamp_millis())
    .bind(format!("The destination {id} fails."))
    .bind(json!({"name": id, "words": "no"}).to_string())
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

async fn until_posted(receiver: &Receiver, count: usize) -> Vec<Posted> {
    wait_until(&format!("{count} messages came"), async || {
        let posts = receiver.posts();
        match posts.len() >= count {
            true => Ok(posts),
            false => Err(format!("{posts:?}")),
        }
    })
    .await
}

async fn until_state(visitor: &Visitor, state: DeliveryState, count: usize) -> Vec<Delivery> {
    wait_until(&format!("{count} are {state:?}"), async || {
        let all = all(visitor).await.deliveries;
        let found: Vec<Delivery> = all
            .iter()
            .filter(|one| one.state == state)
            .cloned()
            .collect();
        match found.len() == count {
            true => Ok(found),
            false => Err(format!("{all:?}")),
        }
    })
    .await
}

/// As a receiver checks it that has read the standard.
#[track_caller]
fn is_signed(post: &Posted) {
    let (id, time) = (post.header("webhook-id"), post.header("webhook-timestamp"));
    let age = chrono::Utc::now().timestamp() - time.parse::<i64>().unwrap();
    assert!((0..300).contains(&age), "{age} s old");
    let mut hash = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hash.update(format!("{id}.{time}.{}", post.body).as_bytes());
    let right = format!("v1,{}", STANDARD.encode(hash.finalize().into_bytes()));
    assert_eq!(post.header("webhook-signature"), right);
}

#[tokio::test]
async fn on_sqlite() {
    each_message_arrives_once(Database::Sqlite).await;
}

#[tokio::test]
async fn on_postgres() {
    each_message_arrives_once(Database::Postgres).await;
}

async fn each_message_arrives_once(database: Database) {
    let mut plane = plane(database).await;
    let visitor = Visitor::sign_in(&plane).await;
    let receiver = Receiver::start();
    let id = webhook(&visitor, "ops", &receiver.url()).await;
    happens(&plane, "before").await;
    rule(&visitor, "logs", &id, &["log-destination-down"], json!({})).await;

    // A test at once, and its outcome.
    assert_eq!(test(&visitor, &id).await, "");
    is_signed(&receiver.posts()[0]);
    happens(&plane, "one").await;
    let posts = until_posted(&receiver, 2).await;
    is_signed(&posts[1]);
    let body: Value = serde_json::from_str(&posts[1].body).unwrap();
    assert_eq!(body["type"], "log-destination-down", "{body}");
    assert_eq!(body["text"], "The destination one fails.");
    let sent = until_state(&visitor, DeliveryState::Sent, 1).await;
    assert_eq!(sent[0].id, posts[1].header("webhook-id"));

    // Down, and a restart in the midst.
    receiver.answer("503 Service Unavailable");
    happens(&plane, "two").await;
    until_posted(&receiver, 3).await;
    let failing = wait_until("the channel shows its failure", async || {
        let one = channel(&visitor, &id).await;
        (one.failures > 0)
            .then_some(one)
            .ok_or("it works".to_owned())
    })
    .await;
    assert!(failing.error.contains("503"), "{}", failing.error);
    plane.crash().await;
    let visitor = Visitor::sign_in(&plane).await;
    receiver.answer("204 No Content");
    let sent = until_state(&visitor, DeliveryState::Sent, 2).await;
    let two = sent.iter().find(|one| one.text.contains("two")).unwrap();
    assert!(two.attempts > 0, "{two:?}");
    let same = receiver.posts();
    let same = same.iter().filter(|post| post.body.contains("two fails"));
    assert!(same.clone().count() > 1, "it was tried before");
    for post in same {
        assert_eq!(post.header("webhook-id"), two.id, "receivers know a repeat");
    }
    let healed = channel(&visitor, &id).await;
    assert_eq!((healed.failures, healed.error.as_str()), (0, ""));
    let before = all(&visitor).await.deliveries;
    assert!(
        !before.iter().any(|one| one.text.contains("before")),
        "{before:?}"
    );

    a_slow_channel_slows_no_other(&plane, &visitor).await;
    quiet_times_end_in_one_message(&plane, &visitor, &receiver, &id).await;
    a_bell_rings_until_it_is_read(&visitor).await;
    no_secret_is_anywhere(&plane, &visitor).await;
    plane.finish().await;
}

async fn a_slow_channel_slows_no_other(plane: &TestPlane, visitor: &Visitor) {
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let slow = webhook(visitor, "slow", &format!("http://127.0.0.1:{port}/")).await;
    let fast = Receiver::start();
    let other = webhook(visitor, "fast", &fast.url()).await;
    let triggers = ["log-destination-down"];
    let to_slow = rule(visitor, "to slow", &slow, &triggers, json!({})).await;
    let to_fast = rule(visitor, "to fast", &other, &triggers, json!({})).await;
    happens(plane, "three").await;
    happens(plane, "four").await;
    until_posted(&fast, 2).await;
    assert_eq!(channel(visitor, &slow).await.sent_at, 0);

    let refused = change(visitor, json!({"deleteChannel": {"id": slow}})).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("to slow"), "{refused}");
    for id in [to_slow, to_fast] {
        change(visitor, json!({"deleteRule": {"id": id}}))
            .await
            .unwrap();
    }
    change(visitor, json!({"deleteChannel": {"id": slow}}))
        .await
        .unwrap();
}

async fn quiet_times_end_in_one_message(
    plane: &TestPlane,
    visitor: &Visitor,
    receiver: &Receiver,
    id: &str,
) {
    let Rule {
        id: rule, settings, ..
    } = all(visitor).await.rules.pop().unwrap();
    let mut settings = serde_json::to_value(settings).unwrap();
    // All of the day but this minute a day ago, whatever the clock says now.
    let now = chrono::Utc::now();
    let minute = (chrono::Timelike::hour(&now) * 60 + chrono::Timelike::minute(&now) + 720) % 1440;
    let quiet =
        json!({"fromMinute": (minute + 1) % 1440, "toMinute": minute, "timeZone": "Etc/UTC"});
    settings["quiet"] = quiet;
    let put = json!({"putRule": {"id": rule, "settings": settings}});
    change(visitor, put).await.unwrap();
    let before = receiver.posts().len();
    happens(plane, "five").await;
    happens(plane, "six").await;
    let held = until_state(visitor, DeliveryState::Held, 2).await;
    assert!(
        held.iter()
            .all(|one| one.channel_id == id && one.due_at > one.at)
    );
    assert_eq!(receiver.posts().len(), before);
    // Their time has come.
    let pool = plane.database().await;
    let due = "update notification set due_at = 1 where state = 'held'";
    sqlx::query(due).execute(&pool).await.unwrap();
    pool.close().await;
    let posts = until_posted(receiver, before + 1).await;
    until_state(visitor, DeliveryState::Digested, 2).await;
    let text = &posts[before].body;
    assert!(
        text.contains("five fails") && text.contains("six fails"),
        "{text}"
    );
    assert_eq!(receiver.posts().len(), before + 1, "one for both");
}

async fn a_bell_rings_until_it_is_read(visitor: &Visitor) {
    let told = notices(visitor).await;
    assert!(told.unread >= 3, "{told:?}");
    let newest = told.notices.iter().map(|one| one.made_at).max();
    let body = json!({"input": {"until": newest}});
    ask(visitor, "mark-notices", body).await.unwrap();
    let read = notices(visitor).await;
    assert_eq!(read.unread, 0);
    assert_eq!(read.notices.len(), told.notices.len());
    assert!(read.notices.iter().all(|one| !one.is_unread));
}

async fn no_secret_is_anywhere(plane: &TestPlane, visitor: &Visitor) {
    let told = ask(visitor, "list-notifications", json!({})).await.unwrap();
    assert!(!told.to_string().contains(SECRET));
    let log = plane.server.log();
    assert!(!log.contains(SECRET), "{log}");
    let pool = plane.database().await;
    for sql in [
        "select request from audit",
        "select secret from notification_channel",
        "select settings from notification_channel",
        "select content from notification",
    ] {
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap();
        assert!(!rows.is_empty(), "{sql}");
        assert!(!rows.iter().any(|row| row.contains(SECRET)), "{sql}");
    }
    pool.close().await;
}

#[tokio::test]
async fn a_job_tells_its_user_by_mail_and_slack() {
    let plane = plane(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let (chat, mail) = (Receiver::start(), MailServer::start());
    let put = json!({"putChannel": {
        "id": "", "settings": {"kind": "slack", "name": "chat"}, "secret": chat.url(),
    }});
    let of_chat = change(&visitor, put).await.unwrap();
    let put = json!({"putChannel": {"id": "", "settings": {
        "kind": "email", "name": "mail", "host": "127.0.0.1", "port": mail.port, "security": "none",
        "sender": "openpcs@example.com", "recipients": ["ops@example.com"],
    }}});
    let of_mail = change(&visitor, put).await.unwrap();
    for (name, channel) in [("a", &of_chat), ("b", &of_mail)] {
        rule(&visitor, name, channel, &["job-failed"], json!({})).await;
    }
    let stranger = json!({"users": ["nobody-of-that-name"]});
    rule(&visitor, "c", &of_chat, &["job-failed"], stranger).await;

    let odd = "<!channel> & @here\r\nBcc: x@example.com";
    let job = plane.sbatch(CLUSTER, &[&format!("--job-name={odd}")], "exit 3");
    let posts = until_posted(&chat, 1).await;
    let body: Value = serde_json::from_str(&posts[0].body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains(&format!("Job {job} ")) && text.contains("FAILED"),
        "{text}"
    );
    assert!(text.contains("&lt;!channel&gt; &amp;"), "{text}");
    assert!(!text.contains("@here") && !text.contains("<!"), "{text}");
    let letter = wait_until("a letter came", async || {
        mail.letters().pop().ok_or_else(|| "none".to_owned())
    })
    .await;
    let (head, _) = letter.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("<ops@example.com>") && head.contains("Subject: "),
        "{head}"
    );
    assert!(
        !head
            .to_lowercase()
            .lines()
            .any(|line| line.starts_with("bcc")),
        "{head}"
    );
    assert!(!head.contains("x@example.com"), "{head}");
    let sent = until_state(&visitor, DeliveryState::Sent, 2).await;
    assert!(sent.iter().all(|one| one.rule_name != "c"), "{sent:?}");
    assert_eq!(chat.posts().len(), 1);
    plane.finish().await;
}

#[tokio::test]
async fn many_failed_sign_ins_are_told() {
    let plane = plane(Database::OfRun).await;
    let visitor = Visitor::sign_in(&plane).await;
    let receiver = Receiver::start();
    let id = webhook(&visitor, "ops", &receiver.url()).await;
    rule(&visitor, "doors", &id, &["sign-in-failures"], json!({})).await;
    let client = client_at([127, 0, 0, 9]);
    for n in 0..12 {
        let tried = sign_in(&client, &plane.server, &format!("nobody-{n}"), "wrong").await;
        assert_eq!(tried, SignedIn::No);
    }
    let posts = until_posted(&receiver, 1).await;
    assert!(posts[0].body.contains("sign-ins failed"), "{posts:?}");
    plane.finish().await;
}

#[tokio::test]
async fn no_way_into_the_hosts_network() {
    // Without the option.
    let plane = TestPlane::start(Database::OfRun).await;
    let visitor = Visitor::sign_in(&plane).await;
    let inside = Receiver::start();
    let port = inside.port;
    for (n, url) in [
        inside.url(),
        format!("https://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "https://169.254.169.254/latest/meta-data/".into(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "https://[fd00:ec2::254]/latest/meta-data/".into(),
        "https://[::ffff:169.254.169.254]/".into(),
        format!("http://0.0.0.0:{port}/"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = webhook(&visitor, &format!("w{n}"), &url).await;
        let error = test(&visitor, &id).await;
        assert!(error.starts_with("Nothing is sent to"), "{url}: {error}");
    }
    let settings = json!({
        "kind": "email", "name": "mail", "host": "localhost", "port": port, "security": "none",
        "sender": "a@example.com", "recipients": ["b@example.com"],
    });
    let put = json!({"putChannel": {"id": "", "settings": settings}});
    let id = change(&visitor, put).await.unwrap();
    let error = test(&visitor, &id).await;
    assert!(error.starts_with("Nothing is sent to"), "{error}");
    assert!(inside.posts().is_empty());
    for wrong in [
        "file:///etc/passwd",
        "https://user@example.com/",
        "gopher://a/",
    ] {
        let settings = json!({"kind": "webhook", "name": "wrong", "url": wrong});
        let put = json!({"putChannel": {"id": "", "settings": settings, "secret": SECRET}});
        let refusal = change(&visitor, put).await.unwrap_err();
        assert!(
            refusal.to_string().contains("\"url\""),
            "{wrong}: {refusal}"
        );
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let plane = plane(Database::OfRun).await;
    let visitor = Visitor::sign_in(&plane).await;
    let (first, second) = (Receiver::start(), Receiver::start());
    first.answer(&format!("302 Found\r\nlocation: {}", second.url()));
    let id = webhook(&visitor, "ops", &first.url()).await;
    let error = test(&visitor, &id).await;
    assert!(error.contains("redirects are not followed"), "{error}");
    assert_eq!((first.posts().len(), second.posts().len()), (1, 0));
    plane.finish().await;
}

#[tokio::test]
async fn messages_go_by_tls_to_whom_this_host_trusts() {
    let (known, stranger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (known, stranger) = (known.path(), stranger.path());
    let (hook, mail) = (Receiver::start(), MailServer::start());
    let of_hook = TlsDoor::before(hook.port, known, Begins::AtOnce).await;
    let of_mail = TlsDoor::before(mail.port, known, Begins::AtOnce).await;
    let of_starttls = TlsDoor::before(mail.port, known, Begins::WithStartTls).await;
    let stranger_of_hook = TlsDoor::before(hook.port, stranger, Begins::AtOnce).await;
    let stranger_of_mail = TlsDoor::before(mail.port, stranger, Begins::WithStartTls).await;

    let trusted = known.join("certificate.pem").display().to_string();
    let plane = plane_with(Database::OfRun, &[("SSL_CERT_FILE", &trusted)]).await;
    let visitor = Visitor::sign_in(&plane).await;
    let letter_to = async |name: &str, port: u16, security: &str| {
        let put = json!({"putChannel": {"id": "", "settings": {
            "kind": "email", "name": name, "host": "127.0.0.1", "port": port, "security": security,
            "sender": "openpcs@example.com", "recipients": ["ops@example.com"],
        }}});
        change(&visitor, put).await.unwrap()
    };
    let url = |door: &TlsDoor| format!("https://127.0.0.1:{}/hook", door.port);
    for (id, refusal) in [
        (webhook(&visitor, "hook", &url(&of_hook)).await, ""),
        (letter_to("tls", of_mail.port, "tls").await, ""),
        (
            letter_to("starttls", of_starttls.port, "starttls").await,
            "",
        ),
        (
            webhook(&visitor, "stranger", &url(&stranger_of_hook)).await,
            "There is no TLS with 127.0.0.1: invalid peer certificate",
        ),
        (
            letter_to("strange", stranger_of_mail.port, "starttls").await,
            "There is no TLS with the mail server: invalid peer certificate",
        ),
    ] {
        let told = test(&visitor, &id).await;
        match refusal {
            "" => assert_eq!(told, ""),
            refusal => assert!(told.starts_with(refusal), "{told}"),
        }
    }
    // Nothing went to a stranger.
    assert_eq!((hook.posts().len(), mail.letters().len()), (1, 2));
    is_signed(&hook.posts()[0]);
    plane.finish().await;
}
