//! Troubleshooting: all codes, searched by their words, and a page for each.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::troubleshooting::{get_troubleshooting, list_troubleshooting};
use crate::components::{Fetched, asked, param};
use crate::foreign::folded;
use crate::i18n::{Text, text};
use crate::model::trouble::{TroubleKind, TroubleLine, TroublePage};
use crate::paths::{self, ClusterTab};
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, Card, Code, Crumb, PageHeader, use_search, with_code};

/// Where the user guide of AWS PCS is.
const GUIDE: &str = "https://docs.aws.amazon.com/pcs/latest/userguide/";

#[component]
pub fn Troubleshooting() -> impl IntoView {
    page_help(topic::TROUBLESHOOTING);
    let t = text();
    let lines = Resource::new(|| (), |()| list_troubleshooting());
    let words = RwSignal::new(String::new());
    view! {
        <Title text=t.troubleshooting.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.troubleshooting.title>""</PageHeader>
                <p class="text-muted">{t.troubleshooting.lead}</p>
            </div>
            <input
                type="search"
                class="input"
                aria-label=t.troubleshooting.search
                placeholder=t.troubleshooting.search
                bind:value=words
            />
            <Fetched resource=lines let:lines>
                {kinds(t, lines, words)}
            </Fetched>
        </div>
    }
    .into_any()
}

fn kinds(t: &'static Text, lines: Signal<Vec<TroubleLine>>, words: RwSignal<String>) -> AnyView {
    let found = Memo::new(move |_| {
        let words = folded(words.read().trim());
        let fits =
            |line: &&TroubleLine| folded(&format!("{} {}", line.code, line.title)).contains(&words);
        lines.with(|lines| lines.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let kind = move |kind: TroubleKind| {
        let of_kind = Memo::new(move |_| {
            let all = found.get().into_iter();
            all.filter(|line| line.kind == kind).collect::<Vec<_>>()
        });
        view! {
            <Show when=move || !of_kind.read().is_empty()>
                <Card title=kind_title(t, kind)>
                    <ul class="grid gap-2">
                        <For each=move || of_kind.get() key=|line| line.code.clone() children=row />
                    </ul>
                </Card>
            </Show>
        }
    };
    view! {
        <div class="grid gap-5">
            {TroubleKind::ALL.map(kind).into_iter().collect_view()}
            <Show when=move || found.read().is_empty()>
                <p role="status" class="text-muted">{t.troubleshooting.none}</p>
            </Show>
        </div>
    }
    .into_any()
}

fn kind_title(t: &'static Text, kind: TroubleKind) -> &'static str {
    match kind {
        TroubleKind::Cluster => t.troubleshooting.cluster,
        TroubleKind::Node => t.troubleshooting.node,
        TroubleKind::Job => t.troubleshooting.job,
        TroubleKind::Request => t.troubleshooting.request,
    }
}

fn row(line: TroubleLine) -> impl IntoView {
    view! {
        <li class="flex flex-wrap items-center gap-x-3">
            <a href=paths::trouble(&line.code)>{line.title}</a>
            <code class="code-text text-xs text-muted">{line.code}</code>
        </li>
    }
}

#[component]
pub fn Trouble() -> impl IntoView {
    page_help(topic::TROUBLESHOOTING);
    let t = text();
    let code = param("code");
    let search = use_search();
    let cluster = Memo::new(move |_| search.read().get("cluster").unwrap_or_default());
    let page = asked([code, cluster], &[], |[code, cluster]| {
        get_troubleshooting(code, cluster)
    });
    let crumbs = vec![Crumb {
        title: t.troubleshooting.title.into(),
        href: paths::TROUBLESHOOTING.into(),
    }];
    view! {
        <div class="grid gap-5">
            <Breadcrumbs crumbs=crumbs />
            <Fetched resource=page let:page>
                {move || shown(t, page.get(), &cluster.read())}
            </Fetched>
        </div>
    }
    .into_any()
}

fn shown(t: &'static Text, page: TroublePage, cluster: &str) -> AnyView {
    let (what, t) = (t.help.command, &t.troubleshooting);
    let title = page.title.clone();
    let logs = (!cluster.is_empty()).then(|| paths::cluster(cluster, ClusterTab::Logs));
    let logs = logs.map(|href| view! { <a href=href>{t.logs}</a> });
    let bundle = match cluster {
        "" => paths::DIAGNOSTICS.to_owned(),
        cluster => paths::diagnostics(cluster),
    };
    let commands = page.commands.join("\n");
    let commands = (!commands.is_empty()).then(|| view! { <Code what text=commands /> });
    let causes = (!page.causes.is_empty()).then(|| {
        let causes = items(page.causes);
        view! {
            <Card title=t.causes>
                <ol class="grid gap-1 list-decimal ps-5">{causes}</ol>
            </Card>
        }
    });
    view! {
        <Title text=title.clone() />
        <PageHeader title=title>
            <code class="code-text text-muted">{page.code}</code>
        </PageHeader>
        <Card title=t.means>
            <p>{page.meaning}</p>
        </Card>
        <Card title=t.see>
            {commands}
        </Card>
        {causes}
        <Card title=t.remedies>
            <ul class="grid gap-1 list-disc ps-5">{items(page.remedies)}</ul>
        </Card>
        <Card title=t.more>
            <p class="flex flex-wrap gap-x-4">
                {logs} <a rel="external" href=bundle download="">{t.diagnose}</a> <a href=GUIDE>{t.guide}</a>
            </p>
        </Card>
    }
    .into_any()
}

fn items(lines: Vec<String>) -> AnyView {
    let item = |line: String| view! { <li>{with_code(&line)}</li> };
    lines.into_iter().map(item).collect_view().into_any()
}
