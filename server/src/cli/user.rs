//! `openpcs user`: the people who may sign in.

use std::path::Path;

use anyhow::{Context, bail};

use super::first_start::forget_password;
use super::show_time;
use crate::auth::password;
use crate::config::{Store, UserCommand};
use crate::db::user::{UserRow, user_create, user_delete, user_list, user_set_password};
use crate::db::{Db, now};

pub async fn run(store: Store, command: UserCommand) -> anyhow::Result<()> {
    let data_dir = store.data_dir.clone();
    let db = super::store::open(&store).await?;
    match command {
        UserCommand::Add {
            name,
            password_file,
        } => add(&db, &name, password_file.as_deref()).await,
        UserCommand::List => {
            for user in user_list(&db).await? {
                println!("{}\t{}", user.name, show_time(user.created_at));
            }
            Ok(())
        }
        UserCommand::Delete { name } => {
            if !user_delete(&db, &name).await? {
                bail!("there is no user {name}; `openpcs user list` shows who there is");
            }
            println!("Deleted {name} and the access keys of {name}.");
            Ok(())
        }
        UserCommand::Password {
            name,
            password_file,
        } => {
            set_password(&db, &name, password_file.as_deref()).await?;
            forget_password(&data_dir, &name)
        }
    }
}

async fn add(db: &Db, name: &str, password_file: Option<&Path>) -> anyhow::Result<()> {
    check_name(name)?;
    let password = super::password_from(password_file)?;
    let row = UserRow {
        name: name.to_owned(),
        password_hash: password::hash(password.clone()).await?,
        created_at: now(),
    };
    match user_create(db, &row).await {
        Err(sqlx::Error::Database(e)) if e.is_unique_violation() => {
            bail!("there is a user {name} already; choose another name")
        }
        created => created.context("the user cannot be added")?,
    }
    println!("Added {name}.");
    show_password(&password, password_file);
    Ok(())
}

async fn set_password(db: &Db, name: &str, password_file: Option<&Path>) -> anyhow::Result<()> {
    let password = super::password_from(password_file)?;
    let hash = password::hash(password.clone()).await?;
    if !user_set_password(db, name, &hash).await? {
        bail!("there is no user {name}; `openpcs user list` shows who there is");
    }
    println!("Changed the password of {name}.");
    show_password(&password, password_file);
    Ok(())
}

/// Whoever brought the password knows it.
fn show_password(password: &str, password_file: Option<&Path>) {
    if password_file.is_none() {
        println!("Password: {password}");
    }
}

/// The name becomes a part of the user's ARN, so IAM's rule holds.
fn check_name(name: &str) -> anyhow::Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        bail!(
            "a user's name has 1 to 64 letters, digits and characters of +=,.@_-; choose such a name"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_an_arn() {
        assert!(check_name("jane.doe@example").is_ok());
        for bad in ["", "a b", "a/b", "a:b", "ä", "a\n"] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
