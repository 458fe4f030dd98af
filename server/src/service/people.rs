//! Who may come in: people ([`super::user`]) and their access keys ([`super::access_key`]). In this release commands on
//! the server's host look after them, for which no whole [`super::Service`] runs: so this is a piece of its own.

use app::model::error::Result;
use app::model::name::Arns;
use app::model::operation::Operation;
use app::port::Ctx;
use serde_json::Value;

use super::write;
use crate::db::{Db, Write};

/// What these operations need. Cheap to clone.
#[derive(Clone)]
pub struct People {
    pub db: Db,
    pub arns: Arns,
}

impl People {
    /// The work and its row in the audit trail, both or neither.
    pub(super) async fn change(
        &self,
        ctx: &Ctx,
        operation: Operation,
        arn: &str,
        input: &Value,
        work: impl AsyncFnOnce(&mut Write) -> Result<()>,
    ) -> Result<()> {
        let all = async |mut change: write::Change| {
            work(&mut change.write).await?;
            change.commit(arn, ()).await
        };
        write::change(&self.db, ctx, operation, input, None, all).await
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use app::model::error::ErrorKind;
    use app::port::{Principal, Why};
    use sqlx::Row as _;
    use tracing::Level;
    use zeroize::Zeroizing;

    use super::*;
    use crate::auth::password::new_access_key;
    use crate::auth::seal::Seal;

    async fn people(dir: &Path) -> People {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.display());
        People {
            db: Db::connect(&url).await.unwrap(),
            arns: Arns::default(),
        }
    }

    fn root() -> Ctx {
        Ctx::new(Principal::of_host("root"), Why::Command, "r".into())
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }

    /// The rows of a table, each with its columns in that order.
    async fn rows(people: &People, sql: &str, columns: &[&str]) -> Vec<String> {
        let rows = sqlx::query(sql).fetch_all(people.db.pool()).await.unwrap();
        let text = |row: &sqlx::any::AnyRow| {
            let column = |name: &&str| row.get::<String, _>(*name);
            columns.iter().map(column).collect::<Vec<_>>().join(" ")
        };
        rows.iter().map(text).collect()
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_changed_what_is_in_the_trail_and_no_secret_there_or_in_the_log() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let dir = tempfile::tempdir().unwrap();
        let (people, ctx) = (people(dir.path()).await, root());
        let seal = Seal::new(&[7; 32]).unwrap();
        let key = new_access_key();

        let add = people.create_user(&ctx, "jane", secret("correct horse"));
        add.await.unwrap();
        let change = people.set_user_password(&ctx, "jane", secret("battery staple"));
        change.await.unwrap();
        let create = people.create_access_key(&ctx, &seal, "jane", &key);
        create.await.unwrap();
        let hash = rows(&people, "select * from user_account", &["password_hash"]).await;
        let sealed = rows(&people, "select * from access_key", &["sealed_secret"]).await;
        people.delete_access_key(&ctx, &key.id).await.unwrap();
        people.delete_user(&ctx, "jane").await.unwrap();
        let user = Principal::User {
            name: "jane".into(),
            arn: people.arns.user("jane"),
        };
        let user = Ctx::new(user, Why::Console, "r".into());
        let refused = people.set_user_password(&user, "jane", secret("hunter's moon"));
        assert_eq!(refused.await.unwrap_err().kind, ErrorKind::AccessDenied);

        let columns = [
            "principal",
            "why",
            "operation",
            "resource_arn",
            "request",
            "outcome",
        ];
        let trail = rows(&people, "select * from audit order by at, rowid", &columns).await;
        let jane = "arn:aws:iam:::user/jane {\"userName\":\"jane\"} done";
        let (id, of_key) = (&key.id, format!("arn:aws:openpcs:::access-key/{}", key.id));
        assert_eq!(
            trail,
            [
                format!("host:root command CreateUser {jane}"),
                format!("host:root command SetUserPassword {jane}"),
                format!(
                    "host:root command CreateAccessKey {of_key} {{\"accessKeyId\":\"{id}\",\"userName\":\"jane\"}} done"
                ),
                format!(
                    "host:root command DeleteAccessKey {of_key} {{\"accessKeyId\":\"{id}\"}} done"
                ),
                format!("host:root command DeleteUser {jane}"),
            ]
        );
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("refused"), "the log is heard: {log}");
        let told = trail.join("\n") + &log;
        let secrets = ["correct horse", "battery staple", "hunter's moon"];
        let stored = [&*key.secret, &hash[0], &sealed[0]];
        for secret in secrets.into_iter().chain(stored.map(String::as_str)) {
            assert!(!secret.is_empty() && !told.contains(secret), "{secret}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_done_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (people, ctx) = (people(dir.path()).await, root());
        let seal = Seal::new(&[7; 32]).unwrap();
        let password = || secret("correct horse");
        people.create_user(&ctx, "jane", password()).await.unwrap();

        let again = people.create_user(&ctx, "jane", password()).await;
        let again = again.unwrap_err().message;
        assert!(again.contains("choose another name"), "{again}");
        let bad = people.create_user(&ctx, "a b", password()).await;
        let bad = bad.unwrap_err().message;
        assert!(bad.contains("a user's name has 1 to 64"), "{bad}");
        assert!(people.create_user(&ctx, "bob", secret("x")).await.is_err());
        let missing = [
            people.set_user_password(&ctx, "bob", password()).await,
            people.delete_user(&ctx, "bob").await,
            people
                .create_access_key(&ctx, &seal, "bob", &new_access_key())
                .await,
            people.delete_access_key(&ctx, "AKIA").await,
        ];
        for (missing, remedy) in missing.into_iter().zip([
            "`openpcs user list`",
            "`openpcs user list`",
            "`openpcs user add bob`",
            "`openpcs key list`",
        ]) {
            let error = missing.unwrap_err();
            assert!(error.is_not_found() && error.message.contains(remedy));
        }
        let trail = rows(&people, "select * from audit", &["operation"]).await;
        assert_eq!(trail, ["CreateUser"]);
        let users = people.list_users(&ctx).await.unwrap();
        assert!(users.len() == 1 && users[0].name == "jane");
        assert_eq!(people.list_access_keys(&ctx, None).await, Ok(vec![]));
    }
}
