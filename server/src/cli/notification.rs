//! `openpcs notification`: the channels and rules of notifications, and a test of a channel.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use app::model::notification::*;
use serde::de::DeserializeOwned;

use super::client::{Client, read_file};
use super::{password_from, show_time};
use crate::config::{self, NotificationCommand, NotificationNoun};

const PATH: &str = "/openpcs/v1/notifications";

pub fn run(options: &config::Notification) -> anyhow::Result<()> {
    let client = Client::new(&options.reach)?;
    match &options.command {
        NotificationCommand::List => {
            print!("{}", table(&client.get(PATH)?));
            Ok(())
        }
        NotificationCommand::Create {
            noun,
            file,
            secret_file,
        } => {
            let change = created(*noun, file, secret_file.as_deref())?;
            let done: NotificationChanged = client.post(PATH, &ChangeNotifications { change })?;
            println!("{}", done.id);
            Ok(())
        }
        NotificationCommand::Delete { name } => {
            let change = deleted(&client.get(PATH)?, name)?;
            let _: NotificationChanged = client.post(PATH, &ChangeNotifications { change })?;
            Ok(())
        }
        NotificationCommand::Test { name } => {
            let request = TestNotificationChannelRequest {
                channel_id: channel(&client.get(PATH)?, name)?,
            };
            let answer: TestNotificationChannelResponse =
                client.post(&format!("{PATH}/test"), &request)?;
            ensure!(
                answer.error.is_empty(),
                "the message did not arrive: {}",
                answer.error
            );
            println!("The message arrived after {} ms.", answer.took_ms);
            Ok(())
        }
    }
}

/// A line for each, with a tab between what it is, its id, its name, and how it does.
fn table(all: &Notifications) -> String {
    let channels = all.channels.iter().map(|one| {
        let settings = &one.settings;
        let state = match (one.failures, one.sent_at) {
            (0, 0) => "unused".to_owned(),
            (0, at) => format!("works since {}", show_time(at)),
            _ => format!("fails: {}", one.error),
        };
        let kind = settings.kind.as_str();
        format!("channel\t{}\t{}\t{kind}\t{state}\n", one.id, settings.name)
    });
    let rules = all.rules.iter().map(|one| {
        let settings = &one.settings;
        let triggers = settings.triggers.iter().map(|trigger| trigger.as_str());
        let triggers = triggers.collect::<Vec<_>>().join(",");
        format!(
            "rule\t{}\t{}\t{triggers}\tto {}\n",
            one.id, settings.name, settings.channel_id
        )
    });
    channels.chain(rules).collect()
}

fn created(
    noun: NotificationNoun,
    file: &Path,
    secret_file: Option<&Path>,
) -> anyhow::Result<NotificationChange> {
    Ok(match noun {
        NotificationNoun::Channel => NotificationChange::PutChannel {
            id: String::new(),
            settings: settings(file)?,
            secret: match secret_file {
                Some(file) => Some(password_from(Some(file))?.as_str().to_owned()),
                None => None,
            },
        },
        NotificationNoun::Rule => {
            ensure!(
                secret_file.is_none(),
                "a rule has no secret: leave --secret-file out"
            );
            NotificationChange::PutRule {
                id: String::new(),
                settings: settings(file)?,
            }
        }
    })
}

fn settings<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    serde_json::from_str(&read_file(file)?)
        .with_context(|| format!("{} has no such settings", file.display()))
}

fn channel(all: &Notifications, name: &str) -> anyhow::Result<String> {
    let mut channels = all.channels.iter();
    let found = channels.find(|one| one.id == name || one.settings.name == name);
    found.map(|one| one.id.clone()).with_context(|| {
        format!(
            "there is no channel {name}; `openpcs notification list` shows those that there are"
        )
    })
}

fn deleted(all: &Notifications, name: &str) -> anyhow::Result<NotificationChange> {
    let mut rules = all.rules.iter();
    let rule = rules.find(|one| one.id == name || one.settings.name == name);
    match (rule, channel(all, name).ok()) {
        (Some(rule), None) => Ok(NotificationChange::DeleteRule {
            id: rule.id.clone(),
        }),
        (None, Some(id)) => Ok(NotificationChange::DeleteChannel { id }),
        (Some(rule), Some(id)) => bail!(
            "a rule and a channel are called {name}: name the rule by its id {}, or the channel by {id}",
            rule.id
        ),
        (None, None) => bail!(
            "there is no channel and no rule {name}; `openpcs notification list` shows those that there are"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Notifications {
        let channel = |id: &str, name: &str| Channel {
            id: id.into(),
            settings: ChannelSettings {
                name: name.into(),
                ..ChannelSettings::default()
            },
            ..Channel::default()
        };
        Notifications {
            channels: vec![channel("c1", "chat"), channel("c2", "both")],
            rules: vec![Rule {
                id: "r1".into(),
                since: 0,
                settings: RuleSettings {
                    name: "both".into(),
                    triggers: vec![Trigger::NodeFailed, Trigger::JobFailed],
                    channel_id: "c1".into(),
                    ..RuleSettings::default()
                },
            }],
            deliveries: vec![],
        }
    }

    #[test]
    fn each_is_named_by_id_or_name() {
        let rule = |id: &str| NotificationChange::DeleteRule { id: id.into() };
        let channel = |id: &str| NotificationChange::DeleteChannel { id: id.into() };
        for (name, wanted) in [
            ("chat", channel("c1")),
            ("c2", channel("c2")),
            ("r1", rule("r1")),
        ] {
            assert_eq!(deleted(&all(), name).unwrap(), wanted, "{name}");
        }
        let unclear = deleted(&all(), "both").unwrap_err().to_string();
        assert!(
            unclear.contains("r1") && unclear.contains("c2"),
            "{unclear}"
        );
        let nobody = deleted(&all(), "nobody").unwrap_err().to_string();
        assert!(nobody.contains("notification list"), "{nobody}");
    }

    #[test]
    fn a_line_says_how_each_does() {
        let mut all = all();
        all.channels[1].failures = 2;
        all.channels[1].error = "no answer".into();
        assert_eq!(
            table(&all),
            "channel\tc1\tchat\twebhook\tunused\nchannel\tc2\tboth\twebhook\tfails: no answer\n\
             rule\tr1\tboth\tnode-failed,job-failed\tto c1\n"
        );
    }
}
