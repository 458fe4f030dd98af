//! The records of clusters in a database, whichever it is: what is done to them by statements. Each cluster has a database of
//! its own, named by its id, and for a while perhaps a copy.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::Path;

use super::client::Client;

/// What names of copies begin with, and no cluster's database.
const COPY_PREFIX: &str = "before_";

/// Those that one comes to by that client. An id is letters, digits and an underscore.
#[derive(Clone)]
pub struct Records {
    pub client: Client,
}

impl Records {
    /// Fails where one may not read a cluster's; whether there are any.
    pub async fn answer(&self, cluster_id: &str) -> io::Result<bool> {
        let statement = format!("use `{cluster_id}`; show tables like 'convert_version_table'");
        let told = self.client.run(&statement).await?;
        Ok(!told.is_empty())
    }

    /// The clusters that have any which one may read.
    pub async fn readable(&self) -> io::Result<HashSet<String>> {
        let statement = "select table_schema from information_schema.tables where table_name = 'convert_version_table'";
        let told = self.client.run(statement).await?;
        Ok(told.lines().map(str::to_owned).collect())
    }

    /// Makes room for a cluster's, unless there is some.
    pub async fn make(&self, cluster_id: &str) -> io::Result<()> {
        let statement = format!("create database if not exists `{cluster_id}`; use `{cluster_id}`");
        self.client.run(&statement).await.map(drop)
    }

    /// Whether slurmdbd, or a backup, has put anything there.
    pub async fn has_any(&self, cluster_id: &str) -> io::Result<bool> {
        Ok(!self.tables(cluster_id).await?.is_empty())
    }

    /// Removes a cluster's, and its copy; that there are none is no error.
    pub async fn remove(&self, cluster_id: &str) -> io::Result<()> {
        self.drop_database(cluster_id).await?;
        self.forget_copy(cluster_id).await
    }

    /// Copies a cluster's records beside them, for [`Self::put_back`]. Nobody may write any meanwhile.
    pub async fn copy(&self, cluster_id: &str) -> io::Result<()> {
        self.forget_copy(cluster_id).await?;
        let copy = copy_of(cluster_id);
        let mut all = format!("create database `{copy}`;");
        let tables = self.tables(cluster_id).await?;
        if tables.is_empty() {
            return Ok(());
        }
        for table in tables {
            let (from, to) = (named(cluster_id, &table), named(&copy, &table));
            all +=
                &format!("create table {to} like {from}; insert into {to} select * from {from};");
        }
        self.client.run(&all).await.map(drop)
    }

    /// The records are those of the copy again. Slurm makes its procedures anew at each start.
    pub async fn put_back(&self, cluster_id: &str) -> io::Result<()> {
        let copy = copy_of(cluster_id);
        let mut all = format!("create database if not exists `{cluster_id}`;");
        // One by one, so that it can be gone on with: what is not in the copy any more is back.
        for table in self.tables(&copy).await? {
            let (from, to) = (named(&copy, &table), named(cluster_id, &table));
            all += &format!("drop table if exists {to}; rename table {from} to {to};");
        }
        self.client.run(&all).await?;
        self.forget_copy(cluster_id).await
    }

    /// The copy is of no use any more.
    pub async fn forget_copy(&self, cluster_id: &str) -> io::Result<()> {
        self.drop_database(&copy_of(cluster_id)).await
    }

    /// Writes a cluster's records down.
    pub async fn dump(&self, cluster_id: &str, to: File) -> io::Result<()> {
        self.client.dump(cluster_id, to).await
    }

    /// The records are those of that file, whatever is there.
    pub async fn load(&self, cluster_id: &str, from: &Path) -> io::Result<()> {
        let file = File::open(from)?;
        self.drop_database(cluster_id).await?;
        self.make(cluster_id).await?;
        self.client.load(cluster_id, file).await
    }

    async fn tables(&self, database: &str) -> io::Result<Vec<String>> {
        let asked =
            "select table_name from information_schema.tables where table_type = 'BASE TABLE'";
        let told = self
            .client
            .run(&format!("{asked} and table_schema = '{database}'"))
            .await?;
        Ok(told.lines().map(str::to_owned).collect())
    }

    async fn drop_database(&self, name: &str) -> io::Result<()> {
        let statement = format!("drop database if exists `{name}`");
        self.client.run(&statement).await.map(drop)
    }
}

/// Where the records of a cluster are copied.
fn copy_of(cluster_id: &str) -> String {
    format!("{COPY_PREFIX}{cluster_id}")
}

fn named(database: &str, table: &str) -> String {
    format!("`{database}`.`{table}`")
}
