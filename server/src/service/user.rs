//! The people who may sign in.

use app::model::error::{Error, Result, ValidationReason};
use app::model::operation::Operation;
use app::model::user::User;
use app::port::Ctx;
use serde_json::json;
use zeroize::Zeroizing;

use super::people::People;
use crate::auth::password;
use crate::auth::policy::Authorize as _;
use crate::db::now;
use crate::db::user::{UserRow, user_create, user_delete, user_list, user_set_password};
use crate::fault::internal;

pub(super) const RESOURCE_TYPE: &str = "USER";

impl People {
    /// By name.
    pub async fn list_users(&self, ctx: &Ctx) -> Result<Vec<User>> {
        ctx.authorize(Operation::ListUsers, "*")?;
        let rows = user_list(&self.db).await.map_err(internal)?;
        Ok(rows.into_iter().map(user).collect())
    }

    /// A new user with that password.
    pub async fn create_user(
        &self,
        ctx: &Ctx,
        name: &str,
        password: Zeroizing<String>,
    ) -> Result<()> {
        let (operation, arn) = (Operation::CreateUser, self.arns.user(name));
        ctx.authorize(operation, &arn)?;
        check_name(name)?;
        let row = UserRow {
            name: name.to_owned(),
            // Before the transaction, which others wait for.
            password_hash: password::hash(password).await?,
            created_at: now(),
        };
        let input = json!({ "userName": name });
        self.change(
            ctx,
            operation,
            &arn,
            &input,
            async |write| match user_create(write, &row).await {
                Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Err(taken(name)),
                created => created.map_err(internal),
            },
        )
        .await
    }

    /// Another password; sessions that began with the one before are over.
    pub async fn set_user_password(
        &self,
        ctx: &Ctx,
        name: &str,
        password: Zeroizing<String>,
    ) -> Result<()> {
        let (operation, arn) = (Operation::SetUserPassword, self.arns.user(name));
        ctx.authorize(operation, &arn)?;
        let hash = password::hash(password).await?;
        let input = json!({ "userName": name });
        self.change(ctx, operation, &arn, &input, async |write| {
            let set = user_set_password(write, name, &hash).await;
            match set.map_err(internal)? {
                true => Ok(()),
                false => Err(missing(name)),
            }
        })
        .await
    }

    /// With the user's access keys.
    pub async fn delete_user(&self, ctx: &Ctx, name: &str) -> Result<()> {
        let (operation, arn) = (Operation::DeleteUser, self.arns.user(name));
        ctx.authorize(operation, &arn)?;
        let input = json!({ "userName": name });
        self.change(ctx, operation, &arn, &input, async |write| {
            let deleted = user_delete(write, name).await;
            match deleted.map_err(internal)? {
                true => Ok(()),
                false => Err(missing(name)),
            }
        })
        .await
    }
}

/// Without what only the sign-in needs.
fn user(row: UserRow) -> User {
    User {
        name: row.name,
        created_at: row.created_at,
    }
}

fn missing(name: &str) -> Error {
    let message = format!("there is no user {name}; `openpcs user list` shows who there is");
    Error::not_found(RESOURCE_TYPE, name, message)
}

fn taken(name: &str) -> Error {
    let message = format!("there is a user {name} already; choose another name");
    Error::conflict(RESOURCE_TYPE, name, message)
}

/// The name becomes a part of the user's ARN, so IAM's rule holds.
fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(Error::validation(
            ValidationReason::Other,
            "a user's name has 1 to 64 letters, digits and characters of +=,.@_-; choose such a name",
        ));
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
