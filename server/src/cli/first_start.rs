//! The first start: the user `admin`, a password and an access key, each left in a file that only its owner reads.
//!
//! The files come first and the database follows them, so a first start that was cut short goes on where it ended. Once it
//! is complete it is never repeated: a key that was revoked or a user who was deleted must not come back from the files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::port::Ctx;
use openpcs_agent::files;
use zeroize::Zeroizing;

use super::credentials_file::{PROFILE, Profile, without};
use super::host_user;
use crate::auth::password::{self, NewAccessKey, new_access_key};
use crate::auth::private_file::read_or_create;
use crate::auth::seal::Seal;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::db::done_once::{self, FIRST_START};
use crate::service::people::People;

const ADMIN: &str = "admin";

/// Where the first secrets are, for the words to the person who started the server.
pub struct FirstStart {
    pub password_file: PathBuf,
    pub credentials_file: PathBuf,
}

/// Makes what a person needs to come in, once for a database and unless somebody can come in already.
pub async fn ensure_admin(
    people: &People,
    seal: &Seal,
    config: &Config,
) -> anyhow::Result<Option<FirstStart>> {
    if done_once::has(&people.db, FIRST_START).await? {
        return Ok(None);
    }
    let ctx = host_user::ctx();
    let users = people.list_users(&ctx).await?;
    // Nobody at all, or an admin whose key was not stored before the start was cut short.
    let unfinished = users.iter().all(|u| u.name == ADMIN);
    if !unfinished || !people.list_access_keys(&ctx, None).await?.is_empty() {
        done_once::note(&people.db, FIRST_START).await?;
        return Ok(None);
    }
    let data_dir = &config.store.data_dir;
    let first = FirstStart {
        password_file: config
            .admin_password_file
            .clone()
            .unwrap_or_else(|| password_file(data_dir)),
        credentials_file: credentials_file(data_dir),
    };
    if users.is_empty() {
        create_admin(&ctx, people, config, &first).await?;
    }
    let text = read_or_create(&first.credentials_file, || {
        let profile = Profile::of(&new_access_key(), Some(&config.place.region));
        Zeroizing::new(profile.to_text().as_bytes().to_vec())
    })?;
    let profile = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| Profile::find(text, PROFILE))
        .with_context(|| {
            let file = first.credentials_file.display();
            format!("{file} has no profile [{PROFILE}] with a key; remove the file and start again")
        })?;
    let access_key = NewAccessKey {
        id: profile.access_key_id,
        secret: profile.secret,
    };
    people
        .create_access_key(&ctx, seal, ADMIN, &access_key)
        .await?;
    done_once::note(&people.db, FIRST_START).await?;
    Ok(Some(first))
}

async fn create_admin(
    ctx: &Ctx,
    people: &People,
    config: &Config,
    first: &FirstStart,
) -> anyhow::Result<()> {
    if config.admin_password_file.is_none() {
        read_or_create(&first.password_file, || {
            let password = password::new_password();
            Zeroizing::new(format!("{}\n", *password).into_bytes())
        })?;
    }
    let password = super::password_from(Some(&first.password_file))?;
    Ok(people.create_user(ctx, ADMIN, password).await?)
}

/// Where the admin's first password is, unless another file was named.
fn password_file(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-password")
}

fn credentials_file(data_dir: &Path) -> PathBuf {
    data_dir.join("credentials")
}

/// Removes the first access key from the directory once the server does not know it any more; other profiles that somebody
/// put into the file stay.
pub async fn forget_key(data_dir: &Path, people: &People) -> anyhow::Result<()> {
    let file = credentials_file(data_dir);
    let text = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => Zeroizing::new(text.with_context(|| format!("{} cannot be read", file.display()))?),
    };
    let Some(first) = Profile::find(&text, PROFILE) else {
        return Ok(());
    };
    let keys = people.list_access_keys(&host_user::ctx(), None).await?;
    if keys.iter().any(|key| key.id == first.access_key_id) {
        return Ok(());
    }
    let rest = without(&text, PROFILE);
    let changed = match rest.trim().is_empty() {
        true => files::remove_file(&file),
        false => files::write(&file, rest.as_bytes(), files::SECRET),
    };
    changed.with_context(|| format!("the deleted access key is still in {}", file.display()))?;
    match file.exists() {
        true => DataDir::at(data_dir).give(&file),
        false => Ok(()),
    }
}

/// Removes the admin's first password, which is no longer the one. A file that was named is its owner's.
pub fn forget_password(data_dir: &Path, user: &str) -> anyhow::Result<()> {
    if user != ADMIN {
        return Ok(());
    }
    let file = password_file(data_dir);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_admins_change_removes_the_first_password() {
        let dir = tempfile::tempdir().unwrap();
        let file = password_file(dir.path());
        std::fs::write(&file, "first").unwrap();
        forget_password(dir.path(), "ann").unwrap();
        assert!(file.exists());
        for _ in 0..2 {
            forget_password(dir.path(), ADMIN).unwrap();
            assert!(!file.exists());
        }
    }
}
