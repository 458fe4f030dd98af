//! Times as people say them, with the exact one on hover.

use std::time::Duration;

use leptos::prelude::*;

use crate::alive::once_alive;
use crate::browser;
use crate::i18n::{Text, text};

const TICK: Duration = Duration::from_secs(1);
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// One clock for all times of the page, so that they tick together.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<i64>,
}

impl Clock {
    pub fn provide() {
        let now = RwSignal::new(browser::now());
        provide_context(Clock { now });
        once_alive(move || {
            let tick = set_interval_with_handle(move || now.set(browser::now()), TICK);
            on_cleanup(move || {
                if let Ok(tick) = tick {
                    tick.clear();
                }
            });
        });
    }
}

/// The reader's zone at that time, in minutes east of UTC. It is 0 at first, as on the server: what a page's own source
/// has is taken as it is, whenever that part of it comes alive, and only a change after that is written over it.
fn zone(at: i64) -> RwSignal<i64> {
    let zone = RwSignal::new(0);
    Effect::new(move |_| zone.set(browser::zone(at)));
    zone
}

/// Milliseconds since 1970, following the clock.
pub fn now() -> i64 {
    use_context::<Clock>().map_or_else(browser::now, |clock| clock.now.get())
}

/// "3 min ago". `at` is in milliseconds since 1970; 0 means not yet.
#[component]
pub fn Ago(at: i64) -> impl IntoView {
    let t = text();
    if at <= 0 {
        return view! { <span class="text-muted">"–"</span> }.into_any();
    }
    let zone = zone(at);
    let clock = use_context::<Clock>();
    let now = move || clock.map_or_else(browser::now, |clock| clock.now.get());
    view! {
        <time
            class="whitespace-nowrap"
            datetime=machine(at)
            title=move || exact_in(at, zone.get())
        >
            {move || ago(t, now() - at)}
        </time>
    }
    .into_any()
}

/// The time of day in the reader's zone, "13:05:11", and the whole of it on hover.
#[component]
pub fn TimeOfDay(at: i64) -> impl IntoView {
    let zone = zone(at);
    view! {
        <time
            class="whitespace-nowrap tabular-nums"
            datetime=machine(at)
            title=move || exact_in(at, zone.get())
        >
            {move || exact_in(at, zone.get()).get(11..19).unwrap_or_default().to_owned()}
        </time>
    }
    .into_any()
}

/// The same for the model's text form; another text is shown as it is.
#[component]
pub fn AgoText(#[prop(into)] at: String) -> impl IntoView {
    match parse(&at) {
        Some(at) => view! { <Ago at /> }.into_any(),
        None => at.into_any(),
    }
}

/// How long from one time to another; up to now, ticking, while it has not ended.
#[component]
pub fn Elapsed(from: i64, to: i64) -> impl IntoView {
    let t = text();
    if from <= 0 {
        return view! { <span class="text-muted">"–"</span> }.into_any();
    }
    if to > 0 {
        return view! { <span class="whitespace-nowrap">{duration(t, to - from)}</span> }
            .into_any();
    }
    view! { <span class="whitespace-nowrap">{move || duration(t, now() - from)}</span> }.into_any()
}

fn ago(t: &Text, elapsed: i64) -> String {
    match elapsed {
        ..=-5_000 => t.time.in_future(duration(t, -elapsed)),
        -4_999..5_000 => t.time.now.to_owned(),
        5_000..MINUTE => t.time.seconds_ago(elapsed / SECOND),
        MINUTE..HOUR => t.time.minutes_ago(elapsed / MINUTE),
        HOUR..DAY => t.time.hours_ago(elapsed / HOUR),
        _ => t.time.days_ago(elapsed / DAY),
    }
}

pub fn duration(t: &Text, length: i64) -> String {
    let length = length.max(0);
    match length {
        1..SECOND => t.time.milliseconds(length),
        0..MINUTE => t.time.seconds(length / SECOND),
        MINUTE..HOUR => t.time.minutes(length / MINUTE, length % MINUTE / SECOND),
        HOUR..DAY => t.time.hours(length / HOUR, length % HOUR / MINUTE),
        _ => t.time.days(length / DAY, length % DAY / HOUR),
    }
}

/// How long after the first step of several another one came: "+0.4 s".
pub fn offset(t: &Text, length: i64) -> String {
    match length {
        ..MINUTE => t
            .time
            .offset_tenths(length.max(0) / SECOND, length.max(0) % SECOND / 100),
        _ => t.time.offset(duration(t, length)),
    }
}

/// `2026-11-22 20:05:11 UTC`.
pub fn exact(at: i64) -> String {
    exact_in(at, 0)
}

/// `2026-11-23 01:35:11 UTC+05:30`: in a zone so many minutes east of UTC.
fn exact_in(at: i64, zone: i64) -> String {
    let name = match (zone, zone.abs() / 60, zone.abs() % 60) {
        (0, ..) => "UTC".to_owned(),
        (..0, hours, minutes) => format!("UTC-{hours:02}:{minutes:02}"),
        (_, hours, minutes) => format!("UTC+{hours:02}:{minutes:02}"),
    };
    format!("{} {name}", date_and_time(at + zone * MINUTE))
}

/// As HTML and other programs read it: `2026-11-22T20:05:11Z`.
fn machine(at: i64) -> String {
    date_and_time(at).replacen(' ', "T", 1) + "Z"
}

fn date_and_time(at: i64) -> String {
    let (days, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        rest / HOUR,
        rest % HOUR / MINUTE,
        rest % MINUTE / SECOND
    )
}

/// Milliseconds of `2026-11-22T20:05:11Z`, with or without a fraction; always UTC.
pub fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let time = number(11, 13)? * HOUR + number(14, 16)? * MINUTE + number(17, 19)? * SECOND;
    text.ends_with('Z').then_some(days * DAY + time)
}

/// Days since 1970 of a date, and back: Howard Hinnant's `days_from_civil` and `civil_from_days`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn a_time_survives_both_ways() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "2026-11-22T20:05:11Z",
        ] {
            assert_eq!(machine(parse(text).unwrap_or(-1)), text);
        }
        assert_eq!(
            parse("2026-11-22T20:05:11.123Z"),
            parse("2026-11-22T20:05:11Z")
        );
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_time_is_told_in_the_readers_zone() {
        let at = parse("2026-12-31T20:05:11Z").unwrap_or_default();
        for (zone, shown) in [
            (0, "2026-12-31 20:05:11 UTC"),
            (330, "2027-01-01 01:35:11 UTC+05:30"),
            (-210, "2026-12-31 16:35:11 UTC-03:30"),
            (765, "2027-01-01 08:50:11 UTC+12:45"),
        ] {
            assert_eq!(exact_in(at, zone), shown);
        }
    }

    #[test]
    fn times_are_told_in_one_unit_and_durations_in_two() {
        let t = Language::English.text();
        assert_eq!(ago(t, 90 * SECOND), "1 min ago");
        assert_eq!(ago(t, 1), "just now");
        assert_eq!(ago(t, -2 * HOUR), "in 2 h 0 min");
        assert_eq!(offset(t, 400), "+0.4 s");
        assert_eq!(offset(t, 59_999), "+59.9 s");
        assert_eq!(offset(t, 61_000), "+1 min 1 s");
        assert_eq!(duration(t, 90 * SECOND), "1 min 30 s");
        assert_eq!(duration(t, 25 * HOUR), "1 d 1 h");
    }
}
