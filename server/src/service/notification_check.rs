//! What is wrong with a channel or a rule, field by field.

use app::i18n::Text;
use app::model::error::FieldError;
use app::model::notification::*;
use app::rules::notification::*;
use chrono_tz::Tz;
use zeroize::Zeroizing;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// `is_kept`: without a new secret the one of before stays.
pub fn check_channel(
    t: &Text,
    settings: &ChannelSettings,
    secret: Option<&Zeroizing<String>>,
    is_kept: bool,
) -> Vec<FieldError> {
    let mut wrong = Wrong::default();
    wrong.check("name", check_name(t, &settings.name));
    let needed = || Err(t.notifications.needed.to_owned());
    let has_secret = is_kept || secret.is_some();
    match settings.kind {
        ChannelKind::Webhook => {
            wrong.check("url", check_url(t, &settings.url));
            let is_short = secret.is_some_and(|secret| secret.len() < SHORTEST_SECRET);
            wrong.check(
                "secret",
                match (has_secret, is_short) {
                    (true, false) => Ok(()),
                    _ => Err(t.notifications.secret_short(SHORTEST_SECRET)),
                },
            );
        }
        ChannelKind::Slack => wrong.check(
            "secret",
            match secret {
                Some(url) => check_url(t, url),
                None if is_kept => Ok(()),
                None => needed(),
            },
        ),
        ChannelKind::Email => check_mail_channel(&mut wrong, t, settings, has_secret),
    }
    if secret.is_some_and(|secret| secret.len() > LONGEST || secret.contains(char::is_control)) {
        wrong.check("secret", needed());
    }
    wrong.0
}

fn check_mail_channel(wrong: &mut Wrong, t: &Text, settings: &ChannelSettings, has_secret: bool) {
    let needed = || Err(t.notifications.needed.to_owned());
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte);
    let is_named = !settings.host.is_empty() && settings.host.len() <= 253;
    if !is_named || !settings.host.bytes().all(is_host) {
        wrong.check("host", needed());
    }
    if settings.port == 0 {
        wrong.check("port", Err(t.notifications.port_wrong.to_owned()));
    }
    if settings.user.len() > LONGEST || settings.user.contains(char::is_control) {
        wrong.check("user", needed());
    }
    if !settings.user.is_empty() && !has_secret {
        wrong.check("secret", needed());
    }
    wrong.check("sender", check_mail(t, &settings.sender));
    let count = settings.recipients.len();
    if count == 0 || count > MOST_RECIPIENTS {
        wrong.check("recipients", Err(t.notifications.mail_wrong.to_owned()));
    }
    for recipient in &settings.recipients {
        wrong.check("recipients", check_mail(t, recipient));
    }
}

pub fn check_rule(t: &Text, settings: &RuleSettings) -> Vec<FieldError> {
    let mut wrong = Wrong::default();
    wrong.check("name", check_name(t, &settings.name));
    if settings.triggers.is_empty() || settings.triggers.len() > Trigger::ALL.len() {
        wrong.check("triggers", Err(t.notifications.trigger_missing.to_owned()));
    }
    let is_long = |text: &String| text.len() > LONGEST || text.contains(char::is_control);
    for (name, texts) in [("clusters", &settings.clusters), ("users", &settings.users)] {
        if texts.len() > MOST || texts.iter().any(is_long) {
            wrong.check(name, Err(t.notifications.name_wrong(NAME_MAX)));
        }
    }
    if let Some(quiet) = &settings.quiet {
        if quiet.from_minute >= DAY
            || quiet.to_minute >= DAY
            || quiet.from_minute == quiet.to_minute
        {
            wrong.check("quiet", Err(t.notifications.time_wrong.to_owned()));
        }
        if quiet.time_zone.parse::<Tz>().is_err() {
            wrong.check("timeZone", Err(t.notifications.time_zone_hint.to_owned()));
        }
    }
    if settings.per_hour > MOST_PER_HOUR {
        wrong.check("perHour", Err(t.notifications.number_wrong.to_owned()));
    }
    if settings.triggers.contains(&Trigger::NodeHours) && settings.node_hours == 0 {
        wrong.check("nodeHours", Err(t.notifications.needed.to_owned()));
    }
    wrong.0
}

#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    /// The first of each field.
    fn check(&mut self, name: &str, checked: Result<(), String>) {
        if let Err(message) = checked
            && !self.0.iter().any(|one| one.name == name)
        {
            self.0.push(FieldError {
                name: name.into(),
                message,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use app::i18n::Language;

    use super::*;

    fn wrong(settings: &ChannelSettings, secret: Option<&str>) -> Vec<String> {
        let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
        let wrong = check_channel(Language::English.text(), settings, secret.as_ref(), false);
        wrong.into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn each_kind_needs_its_own() {
        let mut settings = ChannelSettings {
            name: "a".into(),
            url: "https://example.com".into(),
            ..Default::default()
        };
        assert_eq!(wrong(&settings, None), ["secret"]);
        assert_eq!(wrong(&settings, Some("short")), ["secret"]);
        assert!(wrong(&settings, Some("sixteen or longer")).is_empty());
        settings.kind = ChannelKind::Slack;
        assert_eq!(wrong(&settings, Some("no url")), ["secret"]);
        assert!(wrong(&settings, Some("https://example.com/x")).is_empty());
        settings.kind = ChannelKind::Email;
        let all = ["host", "port", "sender", "recipients"];
        assert_eq!(wrong(&settings, None), all);
        settings.recipients = vec!["a@b\r\nBcc: c@d".into()];
        assert_eq!(wrong(&settings, None), all);
    }

    #[test]
    fn a_rule_waits_for_something_and_knows_its_zone() {
        let mut settings = RuleSettings {
            name: "a".into(),
            ..Default::default()
        };
        settings.quiet = Some(Quiet {
            from_minute: 0,
            to_minute: 60,
            time_zone: "Mars/Olympus".into(),
        });
        let names = |settings: &RuleSettings| {
            let wrong = check_rule(Language::English.text(), settings);
            wrong.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&settings), ["triggers", "timeZone"]);
        settings.triggers = vec![Trigger::NodeHours];
        settings.quiet = None;
        assert_eq!(names(&settings), ["nodeHours"]);
    }
}
