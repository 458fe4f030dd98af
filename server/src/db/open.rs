//! Opening a database: what is there is looked at before anything is changed, and what cannot be used is refused in
//! words for the person who named it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use sqlx::any::AnyConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, Connection, Executor, Row};

use super::placement;
use super::server::{self, ServerRow};
use crate::random::random_hex;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How it is told that the file is not what it should be.
const RESTORE: &str =
    "Name the right one with --database-url, or restore a backup with `openpcs restore`.";

/// A database's address, as it may be shown and kept: without a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: String,
    shown: String,
    /// The file of an SQLite database.
    pub file: Option<PathBuf>,
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No file, or no tables.
    Nothing,
    /// A database of ours.
    Ours {
        /// None: it is of a release that gave it none.
        id: Option<String>,
        clusters: Vec<String>,
    },
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> anyhow::Result<Address> {
        let known = ["sqlite:", "postgres:", "postgresql:"];
        let parsed = AnyConnectOptions::from_str(url).ok();
        let Some(parsed) = parsed.filter(|_| known.iter().any(|scheme| url.starts_with(scheme)))
        else {
            bail!(
                "the address of the database is not understood; write sqlite:///PATH or postgres://USER@HOST/NAME"
            );
        };
        let mut shown = parsed.database_url;
        // Addresses without a host have no password either.
        let _ = shown.set_password(None);
        shown.set_query(None);
        let file = match url.starts_with("sqlite:") {
            true => Some(
                SqliteConnectOptions::from_str(url)?
                    .get_filename()
                    .to_owned(),
            ),
            false => None,
        };
        Ok(Address {
            url: url.to_owned(),
            shown: shown.to_string(),
            file,
        })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// For connections after the first one: a file that is gone must not come back empty.
    pub fn of_existing(&self) -> String {
        self.url.replace("mode=rwc", "mode=rw")
    }

    /// Looks without changing anything.
    pub async fn look(&self) -> anyhow::Result<Found> {
        let has_content = |file: &Path| std::fs::metadata(file).is_ok_and(|m| m.len() > 0);
        if self.file.as_deref().is_some_and(|file| !has_content(file)) {
            return Ok(Found::Nothing);
        }
        let mut connection = self.connect().await?;
        let found = self.read(&mut connection).await;
        connection.close().await.ok();
        found
    }

    async fn read(&self, connection: &mut AnyConnection) -> anyhow::Result<Found> {
        let tables = self.tables(connection).await.map_err(|e| self.words(e))?;
        let has = |name: &str| tables.iter().any(|table| table == name);
        if tables.iter().all(|table| table == "_sqlx_migrations") {
            return Ok(Found::Nothing);
        }
        if !has("_sqlx_migrations") || !has("cluster") {
            bail!(
                "the database {self} has tables but none of OpenPCS ({} …): it belongs to another program. \
                 Name another one with --database-url.",
                tables[0]
            );
        }
        self.refuse_later(newest(connection).await?)?;
        let id = match has("store") {
            true => id(&mut *connection).await?,
            false => None,
        };
        let clusters = sqlx::query("select id from cluster order by id")
            .fetch_all(&mut *connection)
            .await?;
        let clusters: sqlx::Result<Vec<String>> =
            clusters.iter().map(|row| row.try_get("id")).collect();
        Ok(Found::Ours {
            id,
            clusters: clusters?,
        })
    }

    async fn tables(&self, connection: &mut AnyConnection) -> sqlx::Result<Vec<String>> {
        let sql = match self.file {
            Some(_) => {
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
            }
            None => {
                "select tablename::text as name from pg_tables where schemaname = current_schema() order by 1"
            }
        };
        let rows = sqlx::query(sql).fetch_all(connection).await?;
        rows.iter().map(|row| row.try_get("name")).collect()
    }

    /// The id that it has.
    pub async fn id(&self) -> anyhow::Result<String> {
        match self.look().await? {
            Found::Ours { id: Some(id), .. } => Ok(id),
            Found::Ours { id: None, .. } => bail!(
                "the database {self} is of a release of OpenPCS that gave it no id. Bring it up to date with `openpcs migrate`."
            ),
            Found::Nothing => bail!("there is no database at {self}"),
        }
    }

    /// Whether there is a database of an earlier release.
    pub async fn is_outdated(&self) -> anyhow::Result<bool> {
        if self.look().await? == Found::Nothing {
            return Ok(false);
        }
        let mut connection = self.connect().await?;
        let version = newest(&mut connection).await;
        connection.close().await.ok();
        Ok(version? < latest())
    }

    /// A server that uses a database of an earlier release, beside the one of that id.
    pub async fn outdated_server(&self, own: Option<&str>) -> anyhow::Result<Option<ServerRow>> {
        if !self.is_outdated().await? {
            return Ok(None);
        }
        let mut connection = self.connect().await?;
        let clock = clock(self.file.is_some());
        let living = server::living(&mut connection, clock, own.unwrap_or_default()).await;
        connection.close().await.ok();
        // A release that had no such table, or another one, had one server.
        Ok(living.ok().flatten())
    }

    /// Brings the schema up to date and gives the database an id if it has none; the id.
    pub async fn prepare(&self) -> anyhow::Result<String> {
        let mut connection = self.connect().await?;
        let prepared = self.migrate(&mut connection).await;
        connection.close().await.ok();
        prepared
    }

    async fn migrate(&self, connection: &mut AnyConnection) -> anyhow::Result<String> {
        match MIGRATIONS.run(&mut *connection).await {
            Ok(()) => {}
            Err(MigrateError::VersionMissing(version)) => self.refuse_later(version)?,
            Err(MigrateError::VersionMismatch(version)) => bail!(
                "the database {self} was made by another build of OpenPCS: its migration {version} is not this one's. \
                 Serve it with the build that made it."
            ),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("the schema of {self} cannot be brought up to date"));
            }
        }
        placement::adopt(connection).await?;
        // Of several servers that start at once, one gives the id.
        sqlx::query(
            "insert into store (name, id) values ('store', $1) on conflict (name) do nothing",
        )
        .bind(random_hex(16))
        .execute(&mut *connection)
        .await?;
        id(connection)
            .await?
            .context("the database has lost its id")
    }

    fn refuse_later(&self, version: i64) -> anyhow::Result<()> {
        let newest = latest();
        if version <= newest {
            return Ok(());
        }
        bail!(
            "the database {self} is of a later release of OpenPCS: it has migration {version}, and this release knows \
             up to {newest}. Serve it with that release, or restore a backup from before."
        )
    }

    /// One connection, for reading and for the first writing.
    pub async fn connect(&self) -> anyhow::Result<AnyConnection> {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url)
            .await
            .map_err(|error| self.words(error))
    }

    fn words(&self, error: sqlx::Error) -> anyhow::Error {
        let code = match &error {
            sqlx::Error::Database(cause) => cause.code().unwrap_or_default().into_owned(),
            _ => String::new(),
        };
        match (code.as_str(), &error) {
            ("26", _) => anyhow!("{self} is no database. {RESTORE}"),
            ("11" | "267" | "523", _) => anyhow!("the database {self} is damaged. {RESTORE}"),
            ("3D000", _) => {
                anyhow!(
                    "there is no database {self}. Make it with `createdb`, or name another with --database-url."
                )
            }
            ("28P01" | "28000", _) => anyhow!(
                "the database {self} does not let this user in ({error}). Check user and password in --database-url."
            ),
            (_, sqlx::Error::Io(cause)) => anyhow!(
                "no database answers at {self} ({cause}). Start it, or name another with --database-url."
            ),
            _ => anyhow!("the database {self} cannot be opened: {error}"),
        }
    }
}

/// The newest migration of this release.
fn latest() -> i64 {
    let versions = MIGRATIONS.iter().map(|m| m.version);
    versions.max().unwrap_or_default()
}

/// The newest one that the database has.
async fn newest(connection: &mut AnyConnection) -> sqlx::Result<i64> {
    sqlx::query("select max(version) as version from _sqlx_migrations")
        .fetch_one(connection)
        .await?
        .try_get("version")
}

/// The database's own time in milliseconds since 1970, as an expression: hosts may be minutes apart.
pub fn clock(sqlite: bool) -> &'static str {
    match sqlite {
        true => "cast(unixepoch('subsec') * 1000 as integer)",
        false => "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
    }
}

/// The id of the database behind a connection.
pub async fn id<'e>(executor: impl Executor<'e, Database = Any>) -> sqlx::Result<Option<String>> {
    let row = sqlx::query("select id from store where name = 'store'")
        .fetch_optional(executor)
        .await?;
    row.map(|row| row.try_get("id")).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "postgres://jane:secret@db:5432/pcs",
                "postgres://jane@db:5432/pcs",
            ),
            (
                "postgres://jane@db/pcs?password=secret",
                "postgres://jane@db/pcs",
            ),
            ("sqlite:///srv/a.db?mode=rwc", "sqlite:///srv/a.db"),
        ] {
            assert_eq!(Address::from_str(url).unwrap().to_string(), shown, "{url}");
        }
        for bad in ["", "oracle://nowhere", "/srv/a.db"] {
            assert!(Address::from_str(bad).is_err(), "{bad}");
        }
    }

    async fn made(dir: &Path, name: &str, sql: &[&str]) -> Address {
        let url = format!("sqlite://{}?mode=rwc", dir.join(name).display());
        let address = Address::from_str(&url).unwrap();
        let mut connection = address.connect().await.unwrap();
        for statement in sql {
            sqlx::query(statement)
                .execute(&mut connection)
                .await
                .unwrap();
        }
        connection.close().await.unwrap();
        address
    }

    #[tokio::test]
    async fn what_is_not_ours_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let foreign = made(dir, "foreign", &["create table song (title text)"]).await;
        let later = made(dir, "later", &[]).await;
        later.prepare().await.unwrap();
        made(
            dir,
            "later",
            &["insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
               values (9999, '', 1, '', 0)"],
        )
        .await;
        std::fs::write(dir.join("garbage"), "x".repeat(5000)).unwrap();
        let garbage =
            Address::from_str(&format!("sqlite://{}", dir.join("garbage").display())).unwrap();
        for (address, words) in [
            (&foreign, "another program"),
            (&later, "later release"),
            (&garbage, "is no database"),
        ] {
            let file = address.file.clone().unwrap();
            let before = std::fs::read(&file).unwrap();
            let refusal = address.look().await.unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
            assert_eq!(std::fs::read(&file).unwrap(), before);
        }
    }

    #[tokio::test]
    async fn a_schema_is_not_changed_under_a_server_that_lives() {
        let dir = tempfile::tempdir().unwrap();
        let living = "insert into server (id, url, host, process, seen_at) \
                      values ('b', 'http://b', 'host-b', 'p', unixepoch('subsec') * 1000)";
        let address = made(dir.path(), "a.db", &[]).await;
        assert!(!address.is_outdated().await.unwrap(), "there is none");
        address.prepare().await.unwrap();
        made(dir.path(), "a.db", &[living]).await;
        assert!(!address.is_outdated().await.unwrap());
        assert_eq!(address.outdated_server(None).await.unwrap(), None);

        let newest = "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
        made(dir.path(), "a.db", &[newest]).await;
        assert!(address.is_outdated().await.unwrap());
        let found = async |own| address.outdated_server(own).await.unwrap();
        assert_eq!(found(Some("a")).await.unwrap().host, "host-b");
        assert_eq!(found(None).await.unwrap().url, "http://b");
        assert_eq!(
            found(Some("b")).await,
            None,
            "it is this one, which was killed"
        );
        for gone in [
            "update server set seen_at = seen_at - 60000",
            "update server set process = ''",
        ] {
            made(dir.path(), "a.db", &[gone]).await;
            assert_eq!(found(Some("a")).await, None);
        }
        // Asking changed nothing.
        assert!(address.is_outdated().await.unwrap());
        let before = made(dir.path(), "a.db", &["drop table server"]).await;
        assert_eq!(before.outdated_server(None).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_database_keeps_the_id_that_it_got() {
        let dir = tempfile::tempdir().unwrap();
        let address = made(dir.path(), "a.db", &[]).await;
        assert_eq!(address.look().await.unwrap(), Found::Nothing);
        let id = address.prepare().await.unwrap();
        assert_eq!(address.prepare().await.unwrap(), id);
        let found = Found::Ours {
            id: Some(id),
            clusters: vec![],
        };
        assert_eq!(address.look().await.unwrap(), found);
    }
}
