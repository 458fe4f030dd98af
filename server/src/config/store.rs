//! Where the server keeps its things, and the accounting its records.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use zeroize::Zeroizing;

use super::place::directory;
use crate::auth::private_file;
use crate::slurm::database::Storage;

/// Where the server keeps its things.
#[derive(Clone, Debug, Args)]
pub struct Store {
    /// Directory of the database, the keys and the clusters' files. Made if it is not there.
    #[arg(long, global = true, env = "OPENPCS_DATA_DIR", default_value_os_t = default_data_dir(), value_parser = directory)]
    pub data_dir: PathBuf,
    /// Address of the database, `sqlite:…` or `postgres://…` [default: sqlite://DATA_DIR/openpcs.db]. Everybody on this
    /// host sees it in the list of processes: one with a password belongs into a file.
    #[arg(
        long,
        global = true,
        env = "OPENPCS_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// File with the address of the database; only its owner may read it (mode 0600).
    #[arg(
        long,
        global = true,
        env = "OPENPCS_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,
}

impl Store {
    /// Fails if the file with it cannot be read, or others may read it.
    pub fn database_url(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        let Some(file) = &self.database_url_file else {
            return Ok(format!(
                "sqlite://{}?mode=rwc",
                self.database_file().display()
            ));
        };
        let text = private_file::read(file).context("--database-url-file cannot be used")?;
        let url = std::str::from_utf8(&text).map_or("", str::trim);
        anyhow::ensure!(
            !url.is_empty(),
            "{} has no address of a database; write one into it, as postgres://USER:PASSWORD@HOST/NAME",
            file.display()
        );
        Ok(url.to_owned())
    }

    /// The database is where it is unless told otherwise.
    pub fn is_default_database(&self) -> bool {
        self.database_url.is_none() && self.database_url_file.is_none()
    }

    /// The file of the default database.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("openpcs.db")
    }
}

/// Where the accounting keeps its records.
#[derive(Clone, Debug, Args)]
pub struct AccountingStore {
    /// Address of a MySQL or MariaDB for the accounting, as mysql://USER:PASSWORD@HOST:PORT/, in which each cluster gets a
    /// database of its own [default: a MariaDB that the server starts by itself]. Everybody on this host sees it in the
    /// list of processes: one with a password belongs into a file. What an address cannot hold is written as %40 for @.
    /// With ?ssl-ca=FILE behind it the connection is by TLS, to a server for whom a certificate of that file vouches.
    #[arg(
        long = "accounting-database-url",
        env = "OPENPCS_ACCOUNTING_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(super) accounting_database_url: Option<String>,
    /// File with that address; only its owner may read it (mode 0600).
    #[arg(
        long = "accounting-database-url-file",
        env = "OPENPCS_ACCOUNTING_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "accounting_database_url"
    )]
    pub(super) accounting_database_url_file: Option<PathBuf>,
}

impl AccountingStore {
    /// The one that was given; none: the server's own. Fails if slurmdbd could not be told of it, without telling more than
    /// the character that is wrong.
    pub fn storage(&self) -> anyhow::Result<Option<Storage>> {
        let (url, option) = match (
            &self.accounting_database_url,
            &self.accounting_database_url_file,
        ) {
            (Some(url), _) => (Zeroizing::new(url.clone()), "--accounting-database-url"),
            (None, Some(file)) => {
                let option = "--accounting-database-url-file";
                let text = private_file::read(file);
                let text = text.with_context(|| format!("{option} cannot be used"))?;
                let text = std::str::from_utf8(&text).map_or("", str::trim);
                (Zeroizing::new(text.to_owned()), option)
            }
            (None, None) => return Ok(None),
        };
        let storage = url.parse::<Storage>();
        let checked = storage.and_then(|storage| storage.check_files().map(|()| storage));
        checked
            .map(Some)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("{option} cannot be used"))
    }
}

/// `$XDG_DATA_HOME/openpcs`, else `~/.local/share/openpcs`, else `openpcs-data` here.
pub fn default_data_dir() -> PathBuf {
    let set = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_DATA_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/share")))
        .map_or_else(
            || std::path::absolute("openpcs-data").unwrap_or_default(),
            |share| share.join("openpcs"),
        )
}
