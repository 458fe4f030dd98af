//! Jobs that ended, over all time, in a table that comes page by page; and as a file.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{JobState, asked_page};
use crate::api::job::list_past_jobs;
use crate::browser;
use crate::i18n::{Text, language, text};
use crate::list::past_job::{PastColumn, key};
use crate::model::date::{end_of, midnight};
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::page::{PageOf, PageRequest};
use crate::model::past_job::{PastJobs, PastJobsOf, PastRow, size};
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, Minute, duration};
use crate::ui::{Column, EmptyState, PagedTable, Query, foreign_line, use_search};

const FROM: &str = "from";
const TO: &str = "to";

/// What the page's address asks of the list.
#[derive(Clone, Copy)]
pub struct PastQuery {
    query: Query,
    /// The reader's days as `2026-11-28`, or empty.
    from: RwSignal<String>,
    to: RwSignal<String>,
    /// Where a search goes on that had no time to look through all, with the question that it is of.
    on: RwSignal<Option<(String, String)>>,
    /// Whether the reader's clock can be asked: not by the server, and by the browser not before it shows what the server
    /// made. Until then days are UTC's.
    has_clock: RwSignal<bool>,
    page: Memo<PageRequest>,
}

impl PastQuery {
    pub fn of_address() -> PastQuery {
        let t = text();
        let columns = PastColumn::all(true).into_iter();
        let query = Query::of_address(columns.map(|column| column.field(t).head).collect());
        let search = use_search();
        let day = |name| {
            let day = search.with_untracked(|search| search.get(name));
            let is_day = |day: &String| midnight(day, |_| 0).is_some();
            RwSignal::new(day.filter(is_day).unwrap_or_default())
        };
        let has_clock = RwSignal::new(false);
        Effect::new(move |_| has_clock.set(true));
        let (from, to) = (day(FROM), day(TO));
        Effect::new(move |last: Option<(String, String)>| {
            let now = (from.get(), to.get());
            if last.is_some_and(|last| last != now) {
                let pairs = [(FROM, now.0.clone()), (TO, now.1.clone())];
                let pairs = pairs.into_iter().filter(|(_, day)| !day.is_empty());
                browser::replace_query(&[FROM, TO], &pairs.collect::<Vec<_>>());
            }
            now
        });
        PastQuery {
            page: query.asked_of_service(),
            query,
            from,
            to,
            on: RwSignal::new(None),
            has_clock,
        }
    }

    /// What is asked for, on whatever page.
    fn question(self) -> String {
        let page = self.page.get();
        let asked = (page.filter, page.properties, self.from.get(), self.to.get());
        // It has nothing that JSON does not.
        serde_json::to_string(&asked).unwrap_or_default()
    }

    fn after(self) -> Option<String> {
        let (of, place) = self.on.get()?;
        (of == self.question()).then_some(place)
    }

    /// From that place on, or from the newest.
    fn go_on(self, place: Option<String>) {
        let question = untrack(|| self.question());
        self.query.page.set(0);
        self.on.set(place.map(|place| (question, place)));
    }

    /// From the first of its days to the end of the other.
    fn of(self) -> PastJobsOf {
        let has_clock = self.has_clock.get();
        let zone = |at| if has_clock { browser::zone(at) } else { 0 };
        PastJobsOf {
            from: self.from.with(|day| midnight(day, zone)),
            to: self.to.with(|day| end_of(day, zone)),
            ..PastJobsOf::default()
        }
    }

    /// The page that it asks for; asks again when jobs end.
    pub fn answer(self) -> Resource<Result<PastJobs>> {
        let language = language();
        let of = Memo::new(move |_| {
            let of = PastJobsOf {
                after: self.after(),
                ..self.of()
            };
            // It has nothing that JSON does not.
            serde_json::to_string(&of).unwrap_or_default()
        });
        let kinds = &[Kind::Job, Kind::Cluster];
        asked_page([of], self.page, kinds, move |[of], page| {
            let of = serde_json::from_str(&of).unwrap_or_default();
            list_past_jobs(of, page, language.clone())
        })
    }

    /// All that is found, as a file.
    fn file(self) -> Signal<String> {
        let language = language();
        Signal::derive(move || {
            let of = PastJobsOf {
                time_zone: self.has_clock.get().then(browser::time_zone).flatten(),
                ..self.of()
            };
            let page = self.page.get();
            let page = PageRequest {
                filter: page.filter,
                properties: page.properties,
                ..PageRequest::default()
            };
            // Neither has anything that JSON does not.
            let of = serde_json::to_string(&of).unwrap_or_default();
            let page = serde_json::to_string(&page).unwrap_or_default();
            paths::past_jobs_file(&of, &page, &language)
        })
    }
}

#[component]
pub fn PastTable(query: PastQuery, answer: Signal<PastJobs>) -> impl IntoView {
    let t = text();
    let page: Signal<PageOf<PastRow>> =
        Signal::derive(move || answer.with(|answer| answer.page.clone()));
    let day = |label: &'static str, value: RwSignal<String>| {
        view! {
            <label class="flex items-center gap-1.5 whitespace-nowrap text-muted">
                {label}
                <input type="date" class="input w-auto" bind:value=value />
            </label>
        }
    };
    let file = query.file();
    view! {
        <SearchedTo query answer />
        <PagedTable
            title=t.past.all_title
            noun=t.past.filter
            id="past-jobs"
            query=query.query
            page
            columns=columns(t)
            key=key
            actions=move || {
                view! {
                    {day(t.past.from, query.from)}
                    {day(t.past.to, query.to)}
                    <a class="button" href=file download="">
                        {t.past.csv}
                    </a>
                }
            }
            empty=move || view! { <EmptyState title=t.past.empty_title text=t.past.empty>""</EmptyState> }
        />
    }
    .into_any()
}

/// How far the list was looked through, where there was no time for all of it, and the ways on.
#[component]
fn SearchedTo(query: PastQuery, answer: Signal<PastJobs>) -> impl IntoView {
    let t = text();
    let on =
        Memo::new(move |_| answer.with(|answer| Some((answer.searched_to?, answer.next.clone()?))));
    let is_on = Memo::new(move |_| query.after().is_some());
    view! {
        <Show when=move || on.with(Option::is_some) || is_on.get()>
            <p class="flex flex-wrap items-center gap-2 text-muted" role="status">
                {move || {
                    on.get()
                        .map(|(at, next)| {
                            view! {
                                <span>{t.past.searched_to} " " <Minute at /></span>
                                <button
                                    type="button"
                                    class="button"
                                    on:click=move |_| query.go_on(Some(next.clone()))
                                >
                                    {t.past.search_on}
                                </button>
                            }
                        })
                }}
                <Show when=move || is_on.get()>
                    <button type="button" class="button" on:click=move |_| query.go_on(None)>
                        {t.past.search_again}
                    </button>
                </Show>
            </p>
        </Show>
    }
    .into_any()
}

fn columns(t: &'static Text) -> Vec<Column<PastRow>> {
    let column = |column: PastColumn| {
        let shown = Column::of(column.field(t), move |row: &PastRow| cell(t, column, row));
        match column {
            PastColumn::Account => shown.hidden(),
            _ => shown,
        }
    };
    PastColumn::all(true).into_iter().map(column).collect()
}

fn cell(t: &'static Text, column: PastColumn, row: &PastRow) -> AnyView {
    let job = row.job.clone();
    match column {
        PastColumn::Id => {
            let href = paths::past_job(&row.cluster_id, &job.id);
            view! { <A href attr:class="row-link tabular-nums">{job.id}</A> }.into_any()
        }
        PastColumn::Name => foreign_line(job.name),
        PastColumn::Cluster => of_cluster(t, row),
        PastColumn::State => view! { <JobState state=job.state /> }.into_any(),
        PastColumn::Queue => foreign_line(job.queue),
        PastColumn::User => foreign_line(job.user),
        PastColumn::Account => foreign_line(job.account),
        PastColumn::Nodes => {
            view! { <span class="tabular-nums">{job.node_count}</span> }.into_any()
        }
        PastColumn::Ended => view! { <Ago at=job.ended_at /> }.into_any(),
        PastColumn::Ran if job.started_at == 0 => figure(None),
        PastColumn::Ran => figure(Some(duration(t, job.elapsed_seconds.saturating_mul(1000)))),
        PastColumn::Cpu => figure(job.cpu_percent().map(|percent| t.past.percent(percent))),
        PastColumn::Memory => figure(job.used_memory_mib.map(size)),
    }
}

fn figure(figure: Option<String>) -> AnyView {
    let figure = figure.unwrap_or_else(|| "–".into());
    view! { <span class="tabular-nums whitespace-nowrap">{figure}</span> }.into_any()
}

/// The cluster, by a link while it is there.
fn of_cluster(t: &'static Text, row: &PastRow) -> AnyView {
    let name = row.cluster_name.clone();
    if row.cluster_deleted_at > 0 {
        return view! {
            <span class="whitespace-nowrap">{name}</span>
            " "
            <span class="chip">{t.past.deleted}</span>
        }
        .into_any();
    }
    let href = paths::cluster(&row.cluster_id, ClusterTab::Jobs);
    view! { <A href attr:class="whitespace-nowrap">{name}</A> }.into_any()
}
