//! `openpcs user`: the people who may sign in.

use std::path::Path;

use app::model::name::Arns;
use app::port::Ctx;

use super::first_start::{forget_key, forget_password};
use super::{host_user, show_time};
use crate::config::{Store, UserCommand};
use crate::service::people::People;

pub async fn run(store: Store, command: UserCommand) -> anyhow::Result<()> {
    let people = People {
        db: super::store::open(&store).await?,
        arns: Arns::default(),
    };
    let ctx = host_user::ctx();
    let end = act(&ctx, &people, &store, command).await;
    host_user::recorded(&people.db, &ctx, end).await
}

async fn act(
    ctx: &Ctx,
    people: &People,
    store: &Store,
    command: UserCommand,
) -> anyhow::Result<()> {
    match command {
        UserCommand::Add {
            name,
            password_file,
        } => add(ctx, people, &name, password_file.as_deref()).await,
        UserCommand::List => {
            for user in people.list_users(ctx).await? {
                println!("{}\t{}", user.name, show_time(user.created_at));
            }
            Ok(())
        }
        UserCommand::Delete { name } => {
            people.delete_user(ctx, &name).await?;
            forget_key(&store.data_dir, people).await?;
            forget_password(&store.data_dir, &name)?;
            println!("Deleted {name} and the access keys of {name}.");
            Ok(())
        }
        UserCommand::Password {
            name,
            password_file,
        } => {
            set_password(ctx, people, &name, password_file.as_deref()).await?;
            forget_password(&store.data_dir, &name)
        }
    }
}

async fn add(
    ctx: &Ctx,
    people: &People,
    name: &str,
    password_file: Option<&Path>,
) -> anyhow::Result<()> {
    let password = super::password_from(password_file)?;
    people.create_user(ctx, name, password.clone()).await?;
    println!("Added {name}.");
    show_password(&password, password_file);
    Ok(())
}

async fn set_password(
    ctx: &Ctx,
    people: &People,
    name: &str,
    password_file: Option<&Path>,
) -> anyhow::Result<()> {
    let password = super::password_from(password_file)?;
    people
        .set_user_password(ctx, name, password.clone())
        .await?;
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
