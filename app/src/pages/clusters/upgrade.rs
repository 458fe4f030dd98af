//! The Slurm version of a running cluster: what it can go to, and what happens then (C12).

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::catalogue::SlurmVersion;
use crate::rules::cluster::{has_ended, upgrade_problem, upgrades};
use crate::ui::form::*;
use crate::ui::help::topic;
use crate::ui::{Choice, Flash, Tone};

/// The versions of the host, as a cluster sees them.
#[derive(Clone, PartialEq)]
pub struct Versions {
    pub all: Vec<SlurmVersion>,
    /// What the cluster runs.
    pub from: String,
    /// As `2026-05-31`.
    pub today: String,
}

impl Versions {
    fn choices(&self, t: &'static Text) -> Vec<Choice> {
        let newest_first = self.all.iter().rev();
        newest_first
            .filter(|version| version.id >= self.from)
            .map(|version| self.choice(t, version))
            .collect()
    }

    fn choice(&self, t: &'static Text, version: &SlurmVersion) -> Choice {
        let maintained = maintained(t, version, &self.today);
        let choice = Choice::new(version.id.clone(), version.name.clone());
        if version.id == self.from {
            return choice.description(t.edit_cluster.version_now(maintained));
        }
        let problem = upgrade_problem(t, &self.all, &self.from, &version.id, &self.today);
        let problem = problem.map(|why| t.create_cluster.version_problem(&version.name, why));
        choice.description(maintained).disabled(problem)
    }

    /// The date since which what the cluster runs gets no corrections.
    pub fn ended(&self) -> Option<&str> {
        let mut all = self.all.iter();
        let from = all.find(|version| version.id == self.from)?;
        has_ended(from, &self.today).then_some(from.end_of_life.as_str())
    }

    fn has_newer(&self, t: &'static Text) -> bool {
        !upgrades(t, &self.all, &self.from, &self.today).is_empty()
    }

    /// What is to be said of the version as it is.
    fn notice(&self, t: &'static Text) -> Option<String> {
        let ended = self.ended().map(|date| {
            let text = &t.edit_cluster;
            text.version_ended(&self.from, date)
        });
        let none = (!self.has_newer(t)).then(|| t.edit_cluster.version_none.to_owned());
        let words: Vec<String> = ended.into_iter().chain(none).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

fn maintained(t: &'static Text, version: &SlurmVersion, today: &str) -> String {
    match has_ended(version, today) {
        true => t.create_cluster.version_ended(&version.end_of_life),
        false => t.create_cluster.version_until(&version.end_of_life),
    }
}

#[component]
pub fn VersionField(
    value: RwSignal<String>,
    versions: StoredValue<Versions>,
    /// Of the cluster, as it is now.
    accounting: bool,
) -> impl IntoView {
    let t = text();
    let choices = Signal::derive(move || versions.with_value(|versions| versions.choices(t)));
    let notice = versions.with_value(|versions| versions.notice(t));
    view! {
        <Field
            name="scheduler.version"
            label=t.create_cluster.version
            hint=notice.unwrap_or_default()
            group=true
            help=topic::SCHEDULER_VERSION
        >
            <RadioCards value=value choices=choices />
        </Field>
        {move || {
            let to = value.get();
            let from = versions.with_value(|versions| versions.from.clone());
            (to != from).then(|| view! { <WhatHappens from to accounting /> })
        }}
    }
    .into_any()
}

/// Before it is asked for.
#[component]
fn WhatHappens(from: String, to: String, accounting: bool) -> impl IntoView {
    let e = &text().edit_cluster;
    let accounts = accounting.then_some(e.upgrade_accounts);
    let (controller, nodes) = (e.upgrade_controller(&from), e.upgrade_nodes(&from, &to));
    let words = [Some(e.upgrade_trial.to_owned())]
        .into_iter()
        .chain([accounts.map(str::to_owned), Some(controller), Some(nodes)])
        .flatten();
    let words: Vec<String> = words.collect();
    view! {
        <Flash
            tone=Tone::Info
            title=e.upgrade_title(&from, &to)
            message=words.join(" ")
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn versions(from: &str) -> Versions {
        let all = [
            ("23.11", "2025-05-31"),
            ("24.11", "2026-05-31"),
            ("26.05", "2027-11-30"),
        ];
        Versions {
            all: all
                .map(|(id, end_of_life)| SlurmVersion {
                    id: id.into(),
                    name: format!("Slurm {id}"),
                    end_of_life: end_of_life.into(),
                    suspended_from: None,
                    installed: true,
                    has_accounting: true,
                    has_rest: true,
                })
                .into(),
            from: from.into(),
            today: "2026-11-28".into(),
        }
    }

    #[test]
    fn only_what_is_newer_is_offered_with_why_it_cannot_be() {
        let t = english();
        let of = |from| -> Vec<(String, bool)> {
            let choices = versions(from).choices(t).into_iter();
            choices.map(|it| (it.id, it.disabled.is_some())).collect()
        };
        let [new, old] = ["26.05", "24.11"].map(str::to_owned);
        assert_eq!(of("24.11"), [(new.clone(), false), (old, false)]);
        assert_eq!(of("26.05"), [(new, false)]);
    }

    #[test]
    fn its_end_and_that_nothing_newer_is_here_are_told() {
        let t = english();
        let ended = versions("24.11").notice(t).unwrap_or_default();
        assert!(
            ended.contains("2026-05-31") && !ended.contains("make setup"),
            "{ended}"
        );
        let newest = versions("26.05").notice(t).unwrap_or_default();
        assert!(newest.contains("make setup"), "{newest}");
    }
}
