//! The access keys that sign API requests.

use app::model::access_key::AccessKey;
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::Ctx;
use serde_json::json;

use super::people::People;
use crate::auth::credentials::PURPOSE;
use crate::auth::password::NewAccessKey;
use crate::auth::policy::Authorize as _;
use crate::auth::seal::Seal;
use crate::db::access_key::{AccessKeyRow, access_key_create, access_key_delete, access_key_list};
use crate::db::now;
use crate::db::user::user_get;
use crate::fault::internal;

const RESOURCE_TYPE: &str = "ACCESS_KEY";

impl People {
    /// Those of one user or of all, oldest first.
    pub async fn list_access_keys(
        &self,
        ctx: &Ctx,
        user_name: Option<&str>,
    ) -> Result<Vec<AccessKey>> {
        ctx.authorize(Operation::ListAccessKeys, "*")?;
        let rows = access_key_list(&self.db, user_name)
            .await
            .map_err(internal)?;
        Ok(rows.into_iter().map(access_key).collect())
    }

    /// Puts a new key in force, its secret sealed. Whoever made it shows it: from then on nobody can.
    pub async fn create_access_key(
        &self,
        ctx: &Ctx,
        seal: &Seal,
        user_name: &str,
        key: &NewAccessKey,
    ) -> Result<()> {
        let (operation, arn) = (Operation::CreateAccessKey, self.arns.access_key(&key.id));
        ctx.authorize(operation, &arn)?;
        let row = AccessKeyRow {
            id: key.id.clone(),
            user_name: user_name.to_owned(),
            sealed_secret: seal
                .seal(PURPOSE, key.secret.as_bytes())
                .map_err(internal)?,
            created_at: now(),
        };
        let input = json!({ "userName": user_name, "accessKeyId": key.id });
        self.change(ctx, operation, &arn, &input, async |write| {
            let user = user_get(&mut *write.tx, user_name).await;
            if user.map_err(internal)?.is_none() {
                return Err(nobody(user_name));
            }
            access_key_create(write, &row).await.map_err(internal)
        })
        .await
    }

    /// Requests signed with it are refused from now on.
    pub async fn delete_access_key(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let (operation, arn) = (Operation::DeleteAccessKey, self.arns.access_key(id));
        ctx.authorize(operation, &arn)?;
        let input = json!({ "accessKeyId": id });
        self.change(ctx, operation, &arn, &input, async |write| {
            let deleted = access_key_delete(write, id).await;
            match deleted.map_err(internal)? {
                true => Ok(()),
                false => Err(missing(id)),
            }
        })
        .await
    }
}

/// Without its secret.
fn access_key(row: AccessKeyRow) -> AccessKey {
    AccessKey {
        id: row.id,
        user_name: row.user_name,
        created_at: row.created_at,
    }
}

fn missing(id: &str) -> Error {
    let message = format!("there is no access key {id}; `openpcs key list` shows those there are");
    Error::not_found(RESOURCE_TYPE, id, message)
}

fn nobody(user_name: &str) -> Error {
    let message = format!("there is no user {user_name}; `openpcs user add {user_name}` makes one");
    Error::not_found(super::user::RESOURCE_TYPE, user_name, message)
}
