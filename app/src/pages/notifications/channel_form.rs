//! A channel, to make or to change. Its secret is typed and never shown.

use leptos::prelude::*;

use super::change_form::ChangeForm;
use super::{kind_word, lines};
use crate::i18n::{Text, text};
use crate::model::notification::*;
use crate::rules::notification::*;
use crate::ui::Choice;
use crate::ui::form::{Field, RadioCards, Select, TextArea, TextInput};

/// What is typed.
#[derive(Clone, Copy)]
struct Draft {
    kind: RwSignal<String>,
    name: RwSignal<String>,
    url: RwSignal<String>,
    secret: RwSignal<String>,
    host: RwSignal<String>,
    port: RwSignal<String>,
    security: RwSignal<String>,
    user: RwSignal<String>,
    sender: RwSignal<String>,
    recipients: RwSignal<String>,
}

impl Draft {
    fn of(settings: &ChannelSettings) -> Draft {
        let port = match settings.port {
            0 => "587".to_owned(),
            port => port.to_string(),
        };
        Draft {
            kind: RwSignal::new(settings.kind.as_str().to_owned()),
            name: RwSignal::new(settings.name.clone()),
            url: RwSignal::new(settings.url.clone()),
            secret: RwSignal::default(),
            host: RwSignal::new(settings.host.clone()),
            port: RwSignal::new(port),
            security: RwSignal::new(settings.security.as_str().to_owned()),
            user: RwSignal::new(settings.user.clone()),
            sender: RwSignal::new(settings.sender.clone()),
            recipients: RwSignal::new(settings.recipients.join("\n")),
        }
    }

    fn kind(self) -> ChannelKind {
        ChannelKind::parse(&self.kind.get()).unwrap_or_default()
    }

    /// Only what is of its kind.
    fn settings(self) -> ChannelSettings {
        let typed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let kind = ChannelKind::parse(&self.kind.get_untracked()).unwrap_or_default();
        let mut settings = ChannelSettings {
            kind,
            name: typed(self.name),
            ..ChannelSettings::default()
        };
        match kind {
            ChannelKind::Webhook => settings.url = typed(self.url),
            ChannelKind::Slack => {}
            ChannelKind::Email => {
                settings.host = typed(self.host);
                settings.port = typed(self.port).parse().unwrap_or_default();
                settings.security = MailSecurity::parse(&typed(self.security)).unwrap_or_default();
                settings.user = typed(self.user);
                settings.sender = typed(self.sender);
                settings.recipients = lines(&self.recipients.get_untracked());
            }
        }
        settings
    }
}

#[component]
pub fn ChannelForm(before: Channel, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let t = text();
    let draft = Draft::of(&before.settings);
    let (id, has_secret) = (before.id.clone(), before.has_secret);
    let change = Callback::new(move |()| {
        let secret = draft.secret.get_untracked();
        NotificationChange::PutChannel {
            id: id.clone(),
            settings: draft.settings(),
            secret: (!secret.is_empty()).then_some(secret),
        }
    });
    let name_check = Signal::derive(move || check_name(t, draft.name.get().trim()).err());
    view! {
        <ChangeForm open change on_done>
            <Field name="kind" label=t.notifications.kind group=true>
                <RadioCards value=draft.kind choices=Signal::stored(kinds(t)) />
            </Field>
            <Field name="name" label=t.notifications.name check=name_check>
                <TextInput value=draft.name />
            </Field>
            {move || match draft.kind() {
                ChannelKind::Webhook => webhook(t, draft, has_secret),
                ChannelKind::Slack => slack(t, draft, has_secret),
                ChannelKind::Email => email(t, draft, has_secret),
            }}
        </ChangeForm>
    }
    .into_any()
}

fn kinds(t: &Text) -> Vec<Choice> {
    let n = &t.notifications;
    let about = |kind| match kind {
        ChannelKind::Webhook => n.kind_webhook_about,
        ChannelKind::Slack => n.kind_slack_about,
        ChannelKind::Email => n.kind_email_about,
    };
    let kinds = ChannelKind::ALL.iter();
    let choice = |kind: &ChannelKind| {
        Choice::new(kind.as_str(), kind_word(t, *kind)).description(about(*kind))
    };
    kinds.map(choice).collect()
}

fn webhook(t: &'static Text, draft: Draft, has_secret: bool) -> AnyView {
    let n = &t.notifications;
    let url_check = Signal::derive(move || check_url(t, draft.url.get().trim()).err());
    view! {
        <Field name="url" label=n.url hint=n.url_hint check=url_check>
            <TextInput value=draft.url mono=true />
        </Field>
        {secret(t, draft, n.secret, n.secret_hint, has_secret)}
    }
    .into_any()
}

fn slack(t: &'static Text, draft: Draft, has_secret: bool) -> AnyView {
    let n = &t.notifications;
    secret(t, draft, n.slack_url, n.slack_url_hint, has_secret)
}

/// One that is there need not be given again.
fn secret(
    t: &'static Text,
    draft: Draft,
    label: &'static str,
    hint: &'static str,
    has_secret: bool,
) -> AnyView {
    let hint = match has_secret {
        true => format!("{hint} {}", t.notifications.secret_kept),
        false => hint.to_owned(),
    };
    view! {
        <Field name="secret" label hint=hint optional=has_secret>
            <TextInput value=draft.secret secret=true />
        </Field>
    }
    .into_any()
}

fn email(t: &'static Text, draft: Draft, has_secret: bool) -> AnyView {
    let n = &t.notifications;
    let security = MailSecurity::ALL.iter().map(|one| {
        let word = match one {
            MailSecurity::Starttls => n.security_starttls,
            MailSecurity::Tls => n.security_tls,
            MailSecurity::None => n.security_none,
        };
        Choice::new(one.as_str(), word)
    });
    let security = Signal::stored(security.collect::<Vec<_>>());
    let port_check = Signal::derive(move || {
        let port = draft.port.get().trim().parse::<u16>();
        (!port.is_ok_and(|port| port > 0)).then(|| n.port_wrong.to_owned())
    });
    let sender_check = Signal::derive(move || check_mail(t, draft.sender.get().trim()).err());
    let recipients_check = Signal::derive(move || {
        let all = lines(&draft.recipients.get());
        let first = all.first().map_or("", String::as_str);
        let wrong = all.iter().find_map(|one| check_mail(t, one).err());
        wrong.or_else(|| check_mail(t, first).err())
    });
    let hint = format!(
        "{} {}",
        n.password_hint,
        if has_secret { n.secret_kept } else { "" }
    );
    view! {
        <Field name="host" label=n.host>
            <TextInput value=draft.host mono=true />
        </Field>
        <Field name="port" label=n.port check=port_check>
            <TextInput value=draft.port numeric=true />
        </Field>
        <Field name="security" label=n.security>
            <Select value=draft.security choices=security />
        </Field>
        <Field name="user" label=n.user optional=true>
            <TextInput value=draft.user />
        </Field>
        <Field name="secret" label=n.password hint=hint optional=true>
            <TextInput value=draft.secret secret=true />
        </Field>
        <Field name="sender" label=n.sender check=sender_check>
            <TextInput value=draft.sender />
        </Field>
        <Field name="recipients" label=n.recipients hint=n.recipients_hint check=recipients_check>
            <TextArea value=draft.recipients rows=3 />
        </Field>
    }
    .into_any()
}
