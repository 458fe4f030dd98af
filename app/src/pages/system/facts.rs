//! What the reconcilers stand on: the database, the host, what is installed.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::date::exact;
use crate::model::system::{Connections, Database, DatabaseKind, Host, Room, System, Versions};
use crate::ui::help::{InfoLink, topic};
use crate::ui::time::Elapsed;
use crate::ui::{Card, Copyable, Fact, Flash, Indicator, Pairs, Tone, facts};

/// A disk with less room than one part of so many is nearly full.
const NEARLY_FULL: u64 = 20;

pub fn database(system: Signal<System>) -> AnyView {
    let t = text();
    let of = Memo::new(move |_| system.with(|system| system.database.clone()));
    let address = Memo::new(move |_| of.with(|of| of.address.clone()));
    let kind = move || match of.with(|of| of.kind) {
        DatabaseKind::Sqlite => "SQLite".to_owned(),
        DatabaseKind::Postgresql => "PostgreSQL".to_owned(),
    };
    let shown = vec![
        Fact::text(t.system.kind, kind),
        Fact::view(t.system.answers, move || of.with(|of| answers(t, of))),
        Fact::view(t.system.writes, move || of.with(|of| writes(t, of))),
        Fact::text(t.system.connections, move || {
            of.with(|of| connections(t, of.connections))
        }),
        Fact::text(t.system.size, move || {
            let size = of.with(|of| of.size);
            size.map_or_else(|| "–".to_owned(), |size| bytes(t, size))
        }),
        Fact::view(t.system.address, move || {
            view! { <Copyable what=t.system.address value=address.get() /> }.into_any()
        })
        .wide(),
    ];
    view! {
        <Card title=t.system.database>
            <Pairs>{facts(shown)}</Pairs>
        </Card>
    }
    .into_any()
}

fn answers(t: &'static Text, of: &Database) -> AnyView {
    match of.answered_in {
        Some(micros) => {
            let (ms, tenth) = (micros / 1000, micros % 1000 / 100);
            view! {
                <Indicator tone=Tone::Success label=t.system.answers_yes />
                <span class="block text-xs text-muted">{t.system.answered_in(ms, tenth)}</span>
            }
            .into_any()
        }
        None => view! { <Indicator tone=Tone::Danger label=t.system.answers_no /> }.into_any(),
    }
}

fn writes(t: &'static Text, of: &Database) -> AnyView {
    let (tone, label) = match of.takes_writes {
        true => (Tone::Success, t.system.writes_yes),
        false => (Tone::Danger, t.system.writes_no),
    };
    view! { <Indicator tone label /> }.into_any()
}

fn connections(t: &'static Text, of: Connections) -> String {
    t.system.connections_of(of.busy, of.idle, of.most)
}

pub fn host(system: Signal<System>) -> AnyView {
    let t = text();
    let of = Memo::new(move |_| system.with(|system| system.host.clone()));
    let versions = Memo::new(move |_| system.with(|system| system.versions.clone()));
    let data_dir = Memo::new(move |_| of.with(|of| of.data_dir.clone()));
    let started = Memo::new(move |_| of.with(|of| of.started_at));
    let shown = vec![
        Fact::text(t.system.name, move || of.with(|of| of.name.clone())),
        Fact::view(t.system.started, move || {
            let at = started.get();
            view! {
                <Elapsed from=at to=0 />
                <span class="block text-xs text-muted">{t.system.started_at(exact(at))}</span>
            }
            .into_any()
        }),
        Fact::text(t.system.load, move || of.with(|of| load(t, of))),
        Fact::text(t.system.memory, move || of.with(|of| room(t, of.memory))),
        Fact::text(t.system.resident, move || {
            let resident = of.with(|of| of.resident);
            resident.map_or_else(|| "–".to_owned(), |size| bytes(t, size))
        }),
        Fact::view(t.system.disk, move || of.with(|of| disk(t, of.disk))),
        Fact::view(t.system.versions, move || {
            versions.with(|versions| installed(t, versions))
        }),
        Fact::view(t.system.metrics, move || {
            view! {
                <code class="text-[0.8125rem]">"/metrics"</code>
                " "
                <InfoLink topic=topic::METRICS about=t.system.metrics />
            }
            .into_any()
        }),
        Fact::view(t.system.data_dir, move || {
            view! { <Copyable what=t.system.data_dir value=data_dir.get() /> }.into_any()
        })
        .wide(),
    ];
    view! {
        <Card title=t.system.host>
            <Pairs>{facts(shown)}</Pairs>
        </Card>
    }
    .into_any()
}

/// The clusters of this server that this process has lost; nothing when it has them all.
pub fn away(system: Signal<System>) -> AnyView {
    let t = text();
    let names = Memo::new(move |_| {
        system.with(|system| {
            let names = system.away.iter().map(|away| away.cluster_name.clone());
            names.collect::<Vec<_>>().join(t.system.and)
        })
    });
    let shown = move || {
        let names = Some(names.get()).filter(|names| !names.is_empty());
        names.map(|names| view! { <Flash tone=Tone::Warning title=t.system.away(names) message=t.system.away_why.to_owned() /> })
    };
    view! { {shown} }.into_any()
}

/// "0.52 · 0.61 · 0.70 on 2 processors".
fn load(t: &'static Text, of: &Host) -> String {
    let Some(load) = of.load else {
        return "–".to_owned();
    };
    let load = load.map(|one| format!("{one:.2}")).join(" · ");
    t.system.load_on(load, of.cpus)
}

fn room(t: &'static Text, room: Option<Room>) -> String {
    room.map_or_else(
        || "–".to_owned(),
        |room| t.system.free_of(bytes(t, room.free), bytes(t, room.total)),
    )
}

fn disk(t: &'static Text, disk: Option<Room>) -> AnyView {
    let is_short = disk.is_some_and(|disk| disk.free < disk.total / NEARLY_FULL);
    let warning =
        is_short.then(|| view! { <Indicator tone=Tone::Warning label=t.system.nearly_full /> });
    view! {
        <span class="block">{room(t, disk)}</span>
        {warning}
    }
    .into_any()
}

/// One below the other; a warning where server and agent are not of one release.
fn installed(t: &'static Text, versions: &Versions) -> AnyView {
    let differs = versions.agent != versions.openpcs;
    let agent = match versions.agent.is_empty() {
        true => "–".to_owned(),
        false => versions.agent.clone(),
    };
    let warning =
        differs.then(|| view! { <Indicator tone=Tone::Warning label=t.system.agent_differs /> });
    view! {
        <span class="block">{t.system.openpcs(&versions.openpcs)}</span>
        <span class="block">{t.system.agent(agent)}</span>
        <span class="block">{t.system.slurm(versions.slurm.join(", "))}</span>
        {warning}
    }
    .into_any()
}

/// "1.4 GiB", "12.3 MiB".
fn bytes(t: &'static Text, bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    let in_tenths = |unit: u64| {
        let tenths = u128::from(bytes) * 10 / u128::from(unit);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        GIB.. => t.system.gib(in_tenths(GIB)),
        _ => t.system.mib(in_tenths(MIB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn sizes_are_told_in_one_unit() {
        let t = Language::English.text();
        assert_eq!(bytes(t, 0), "0.0 MiB");
        assert_eq!(bytes(t, 3 << 19), "1.5 MiB");
        assert_eq!(bytes(t, (1 << 30) - 1), "1023.9 MiB");
        assert_eq!(bytes(t, 5 << 29), "2.5 GiB");
        assert_eq!(bytes(t, u64::MAX), "17179869183.9 GiB");
    }
}
