//! Whether the cluster keeps records of its jobs, for how long, and what else slurmdbd goes by.

use leptos::prelude::*;

use super::super::fields::{pairs, settings};
use super::setting_rows::{SettingRows, shown, slurmdbd_words};
use crate::i18n::text;
use crate::model::catalogue::SlurmVersion;
use crate::model::cluster::*;
use crate::model::setting::SettingScope;
use crate::rules::check_number;
use crate::rules::cluster::accounting_problem;
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::topic;

/// The API's word for records that stay.
const FOR_EVER: i64 = -1;
/// Where a request has slurmdbd's settings.
const SETTINGS: &str = "slurmConfiguration.slurmdbdCustomSettings";

/// What it is to be.
#[derive(Clone, Copy)]
pub struct AccountingDraft {
    /// The mode's word.
    mode: RwSignal<String>,
    /// Nothing: for ever.
    days: RwSignal<String>,
    /// Of slurmdbd.
    rows: Rows,
}

impl AccountingDraft {
    pub fn new(now: &Accounting, settings: Vec<SlurmdbdCustomSetting>) -> AccountingDraft {
        let mode = if now.is_on() { "STANDARD" } else { "NONE" };
        AccountingDraft {
            mode: RwSignal::new(mode.into()),
            days: RwSignal::new(now.days().map(|days| days.to_string()).unwrap_or_default()),
            rows: Rows::new(pairs(&shown(settings))),
        }
    }

    pub fn is_on(self) -> bool {
        self.mode.with(|mode| mode == "STANDARD")
    }

    /// None where nobody is to keep any.
    pub fn wanted(self) -> Option<Accounting> {
        self.is_on().then(|| Accounting {
            mode: AccountingMode::Standard,
            default_purge_time_in_days: self.days(),
        })
    }

    /// What of it is other than now, if anything is.
    pub fn changed(self, now: &Accounting) -> Option<UpdateAccountingRequest> {
        let mode = AccountingMode::when(self.is_on());
        let is_other = self.is_on() && self.days() != now.days();
        let changed = UpdateAccountingRequest {
            mode: Some(mode).filter(|mode| *mode != now.mode),
            default_purge_time_in_days: is_other.then(|| self.days().unwrap_or(FOR_EVER)),
        };
        Some(changed).filter(|changed| *changed != UpdateAccountingRequest::default())
    }

    /// Of slurmdbd, which is there with accounting only.
    pub fn settings(self) -> Vec<SlurmdbdCustomSetting> {
        match self.is_on() {
            true => settings(self.rows),
            false => vec![],
        }
    }

    /// The list, if it is other than now. What is switched off keeps its settings.
    pub fn changed_settings(
        self,
        now: &[SlurmdbdCustomSetting],
    ) -> Option<Vec<SlurmdbdCustomSetting>> {
        self.is_on()
            .then(|| self.settings())
            .filter(|settings| settings != now)
    }

    fn days(self) -> Option<i64> {
        self.days.with(|text| text.trim().parse().ok())
    }
}

/// In words, with how long records are kept.
pub fn accounting_shown(accounting: Option<&Accounting>) -> String {
    let t = text();
    let Some(accounting) = accounting.filter(|accounting| accounting.is_on()) else {
        return t.details.accounting_off.to_owned();
    };
    match accounting.days() {
        Some(days) => t.create_cluster.accounting_days(days),
        None => t.details.accounting_on.to_owned(),
    }
}

#[component]
pub fn AccountingField(
    draft: AccountingDraft,
    /// Those of this host.
    #[prop(into)]
    versions: Signal<Vec<SlurmVersion>>,
    #[prop(into)] version: Signal<String>,
) -> impl IntoView {
    let t = text();
    let c = &t.create_cluster;
    let problem = move || accounting_problem(t, &versions.read(), &version.read());
    let offered = Signal::derive(move || choices(c.accounting_off, c.accounting_on, problem()));
    let check = move || draft.days.with(|text| check_number(t, text, 1)).err();
    view! {
        <Field
            name="slurmConfiguration.accounting"
            label=t.details.accounting
            group=true
            help=topic::ACCOUNTING
        >
            <RadioCards value=draft.mode choices=offered />
        </Field>
        <Show when=move || draft.is_on()>
            <Field
                name="slurmConfiguration.accounting.defaultPurgeTimeInDays"
                label=t.details.purge
                hint=c.purge_hint
                optional=true
                help=topic::ACCOUNTING
                check=check
            >
                <TextInput value=draft.days numeric=true unit=c.days />
            </Field>
            <SettingRows
                scope=SettingScope::Slurmdbd
                path=SETTINGS
                rows=draft.rows
                words=slurmdbd_words()
                help=topic::ACCOUNTING
                version
                accounting=Signal::derive(move || draft.is_on())
            />
        </Show>
    }
    .into_any()
}

/// Off and on, of which the latter may not be had.
pub fn choices(off: &str, on: &str, problem: Option<&'static str>) -> Vec<Choice> {
    let t = text();
    let off = Choice::new("NONE", t.details.accounting_off).description(off);
    let on = Choice::new("STANDARD", t.details.accounting_on).description(on);
    vec![off, on.disabled(problem.map(str::to_owned))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mode: AccountingMode, days: Option<i64>) -> Accounting {
        Accounting {
            mode,
            default_purge_time_in_days: days,
        }
    }

    #[test]
    fn only_what_changes_is_asked_for() {
        use AccountingMode::{None as Off, Standard as On};
        let asked = |mode: Option<AccountingMode>, days: Option<i64>| {
            Some(UpdateAccountingRequest {
                mode,
                default_purge_time_in_days: days,
            })
        };
        Owner::new().with(|| {
            for (now, wanted, changed) in [
                (of(On, Some(30)), of(On, Some(30)), None),
                (of(On, Some(-1)), of(On, None), None),
                (of(Off, None), of(Off, None), None),
                (of(Off, None), of(On, None), asked(Some(On), None)),
                (of(Off, None), of(On, Some(9)), asked(Some(On), Some(9))),
                (of(On, Some(30)), of(Off, None), asked(Some(Off), None)),
                (of(On, Some(30)), of(On, None), asked(None, Some(-1))),
                (of(On, None), of(On, Some(60)), asked(None, Some(60))),
            ] {
                let draft = AccountingDraft::new(&wanted, vec![]);
                assert_eq!(draft.changed(&now), changed, "{now:?} {wanted:?}");
            }
        });
    }

    #[test]
    fn settings_of_slurmdbd_are_asked_for_where_there_is_one_and_they_are_others() {
        let given = |value: &str| {
            vec![SlurmdbdCustomSetting {
                parameter_name: "CommitDelay".into(),
                parameter_value: value.into(),
            }]
        };
        Owner::new().with(|| {
            let on = |settings| AccountingDraft::new(&of(AccountingMode::Standard, None), settings);
            assert_eq!(on(given("5")).changed_settings(&given("5")), None);
            assert_eq!(on(given("5")).changed_settings(&[]), Some(given("5")));
            assert_eq!(on(vec![]).changed_settings(&given("5")), Some(vec![]));
            let off = AccountingDraft::new(&of(AccountingMode::None, None), given("5"));
            assert_eq!(off.settings(), []);
            assert_eq!(off.changed_settings(&given("9")), None);
        });
    }
}
