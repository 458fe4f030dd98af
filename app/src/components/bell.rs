//! The bell in the top bar: what failed, and the ends of one's own jobs. It rings by the live stream.

use leptos::prelude::*;

use super::event_timeline::event_tone;
use super::submission::{Refused, Submission};
use crate::api::notification::{list_notices, mark_notices};
use crate::i18n::{Text, language, text};
use crate::live;
use crate::model::error::{Error, Result};
use crate::model::live::Kind;
use crate::model::notification::{MarkNoticesRequest, Notice, Notices};
use crate::paths::{self, ClusterTab};
use crate::ui::time::Ago;
use crate::ui::{Button, Flash, Icon, Look, Menu, Tone, foreign_line, foreign_lines};

#[component]
pub fn Bell() -> impl IntoView {
    let language = language();
    let notices = Resource::new(
        || live::version(Kind::Notice),
        move |_| list_notices(language.clone()),
    );
    view! {
        <Transition>
            {move || {
                notices
                    .get()
                    .map(|answer| match answer {
                        Ok(answer) => shown(answer, notices).into_any(),
                        Err(error) => refused(&error),
                    })
            }}
        </Transition>
    }
    .into_any()
}

fn shown(answer: Notices, notices: Resource<Result<Notices>>) -> impl IntoView {
    let t = text();
    let unread = answer.unread;
    let label = match unread {
        0 => t.notifications.bell.to_owned(),
        _ => t.notifications.bell_unread(unread),
    };
    let newest = answer.notices.iter().map(|notice| notice.made_at).max();
    let newest = newest.unwrap_or_default();
    let submission = Submission::new();
    let read = move || {
        let request = mark_notices(MarkNoticesRequest { until: newest });
        submission.send(request, move |()| notices.refetch());
    };
    let is_empty = answer.notices.is_empty();
    let rows = answer.notices.into_iter().map(|notice| row(t, notice));
    let rows = rows.collect_view();
    view! {
        <div class="bell" class:bell-unread=unread != 0>
            <Menu icon=Icon::Bell label>
                {is_empty.then(|| view! { <p class="px-3 py-2 text-muted">{t.notifications.bell_empty}</p> })}
                <ul class="bell-notices" aria-label=t.notifications.bell>
                    {rows}
                </ul>
                {(unread > 0)
                    .then(|| {
                        view! {
                            <div class="px-3 py-2">
                                <Button label=t.notifications.bell_read look=Look::Link busy=submission.busy on_press=read />
                                <Refused submission title=t.notifications.bell_not_read />
                            </div>
                        }
                    })}
            </Menu>
        </div>
    }
    .into_any()
}

/// Nobody takes silence for "nothing happened"; that a session has ended, the page says.
fn refused(error: &Error) -> AnyView {
    let t = text();
    let words = (!error.is_not_signed_in()).then(|| {
        let (title, message) = (t.notifications.bell_refused, error.message.clone());
        view! {
            <div class="px-3 py-2">
                <Flash tone=Tone::Danger title=title code=error.code() message />
            </div>
        }
    });
    view! {
        <div class="bell">
            <Menu icon=Icon::Bell label=t.notifications.bell.to_owned()>
                {words}
            </Menu>
        </div>
    }
    .into_any()
}

fn row(t: &'static Text, notice: Notice) -> impl IntoView {
    let tone = event_tone(&notice.event);
    let words = match notice.event.resource_type.as_str() {
        "job" if notice.trigger.is_of_jobs() => {
            let (job, state) = (&notice.event.resource_id, &notice.event.code);
            t.notifications.bell_job(job, state)
        }
        _ => notice.event.message.clone(),
    };
    let unread = notice
        .is_unread
        .then(|| view! { <span class="font-semibold">{t.notifications.bell_unread_one}</span> });
    view! {
        <li>
            <a class="menu-item bell-notice" href=page(&notice)>
                <span class=tone.class()>{tone.icon().view()}</span>
                <span class="min-w-0">
                    <span class="block">{foreign_lines(words)}</span>
                    <span class="flex flex-wrap gap-x-3 text-xs text-muted">
                        {unread} <Ago at=notice.event.at /> {foreign_line(&notice.cluster_name)}
                    </span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// Where there is more of it.
fn page(notice: &Notice) -> String {
    let (cluster, event) = (&notice.cluster_id, &notice.event);
    match event.resource_type.as_str() {
        _ if cluster.is_empty() => paths::NOTIFICATIONS.to_owned(),
        "job" => paths::past_job(cluster, &event.resource_id),
        "node" => paths::node(cluster, &event.resource_id),
        _ => paths::cluster(cluster, ClusterTab::Events),
    }
}
