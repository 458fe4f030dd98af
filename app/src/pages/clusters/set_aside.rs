//! Above the list of clusters: what is on the server's disk and in no list, because its database does not know it.

use leptos::prelude::*;

use crate::api::cluster::set_aside;
use crate::components::asked;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::set_aside::{AllSetAside, SetAside};
use crate::ui::help::{InfoLink, topic};
use crate::ui::{Copyable, Tone};

/// More would push the list out of sight.
const MOST: usize = 5;

/// For the top of a page: see [`crate::components::Fetched`].
pub fn all_set_aside() -> Resource<Result<AllSetAside>> {
    asked([], &[Kind::Cluster, Kind::Event], |[]| set_aside())
}

/// A warning, or nothing: who cannot be told keeps the list all the same.
#[component]
pub fn SetAsideBox(all: Resource<Result<AllSetAside>>) -> impl IntoView {
    let found = move || all.get().and_then(Result::ok).unwrap_or_default();
    view! {
        <Transition>
            {move || {
                let all = found();
                (!all.found.is_empty()).then(|| warning(all))
            }}
        </Transition>
    }
    .into_any()
}

fn warning(all: AllSetAside) -> AnyView {
    let t = text();
    let restore = format!("openpcs restore --from BACKUP --data-dir {}", all.data_dir);
    let data_dir = all.data_dir;
    let more = all.found.len().saturating_sub(MOST);
    let more = (more > 0).then(|| {
        let list = format!("openpcs set-aside list --data-dir {data_dir}");
        view! {
            <li class="grid gap-1">
                <span>{t.set_aside.more(more)}</span>
                <Copyable what=t.set_aside.command value=list />
            </li>
        }
    });
    let rows = all
        .found
        .into_iter()
        .take(MOST)
        .map(|one| row(t, one, &data_dir));
    view! {
        <section class="flash border-warning bg-warning-soft" aria-label=t.set_aside.title>
            <span class=format!("mt-0.5 {}", Tone::Warning.class())>{Tone::Warning.icon().view()}</span>
            <div class="grid min-w-0 flex-1 gap-2">
                <h2 class="flex flex-wrap items-baseline gap-x-2 font-semibold">
                    {t.set_aside.title} <InfoLink topic=topic::BACKUP about=t.set_aside.title />
                </h2>
                <p>{t.set_aside.why}</p>
                <ul class="grid gap-3">{rows.collect_view()} {more}</ul>
                <p>{t.set_aside.get_back}</p>
                <Copyable what=t.set_aside.command value=restore />
            </div>
        </section>
    }
    .into_any()
}

fn row(t: &'static Text, one: SetAside, data_dir: &str) -> impl IntoView + use<> {
    let what = match &one.instance_id {
        None => t.set_aside.cluster(&one.cluster_id),
        Some(instance) => t.set_aside.instance(instance, &one.cluster_id),
    };
    let state = match one.runs {
        true => t.set_aside.runs,
        false => t.set_aside.idle,
    };
    let remove = format!(
        "openpcs set-aside remove {} --data-dir {data_dir}",
        one.name()
    );
    view! {
        <li class="grid gap-1">
            <span><span class="font-semibold">{what}</span>" · "{state}</span>
            <Copyable what=t.set_aside.directory value=one.directory />
            <span>{t.set_aside.remove}</span>
            <Copyable what=t.set_aside.command value=remove />
        </li>
    }
}
