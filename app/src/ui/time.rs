//! Times as people say them, with the exact one on hover.

use std::ops::Range;
use std::time::Duration;

use leptos::prelude::*;

use crate::alive::once_alive;
use crate::browser;
use crate::i18n::{Text, text};
use crate::model::date::{DAY, HOUR, MINUTE, SECOND, exact_in, machine, parse};

const TICK: Duration = Duration::from_secs(1);

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
            every(TICK, move || now.set(browser::now()));
        });
    }
}

/// Does that again and again, in the browser, until what asked for it is gone.
pub fn every(pause: Duration, act: impl Fn() + 'static) {
    let tick = set_interval_with_handle(act, pause);
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
    });
}

/// The reader's zone at that time, in minutes east of UTC. It is 0 at first, as on the server: what a page's own source
/// has is taken as it is, whenever that part of it comes alive, and only a change after that is written over it.
pub fn zone(at: i64) -> RwSignal<i64> {
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
    part(at, 11..19)
}

/// The day and the minute in the reader's zone, "2026-11-22 20:05", and the whole of it on hover.
#[component]
pub fn Minute(at: i64) -> impl IntoView {
    part(at, 0..16)
}

/// The day and the second in the reader's zone, "2026-11-22 20:05:11".
#[component]
pub fn Second(at: i64) -> impl IntoView {
    part(at, 0..19)
}

/// The day and the minute as a text, in a zone so many minutes east of UTC.
pub fn moment(at: i64, zone: i64) -> String {
    let whole = exact_in(at, zone);
    whole.get(..16).unwrap_or_default().to_owned()
}

/// These characters of "2026-11-22 20:05:11".
fn part(at: i64, shown: Range<usize>) -> AnyView {
    let zone = zone(at);
    let shown = move || {
        let whole = exact_in(at, zone.get());
        whole.get(shown.clone()).unwrap_or_default().to_owned()
    };
    view! {
        <time
            class="whitespace-nowrap tabular-nums"
            datetime=machine(at)
            title=move || exact_in(at, zone.get())
        >
            {shown}
        </time>
    }
    .into_any()
}

/// The time of day in the reader's zone, "13:05", of another day than today "2026-11-29 13:05".
pub fn clock(at: i64) -> Signal<String> {
    let (zone, clock) = (zone(at), use_context::<Clock>());
    Signal::derive(move || {
        let now = clock.map_or_else(browser::now, |clock| clock.now.get());
        let (text, today) = (exact_in(at, zone.get()), exact_in(now, zone.get()));
        let is_today = text.get(..10) == today.get(..10);
        let from = if is_today { 11 } else { 0 };
        text.get(from..16).unwrap_or_default().to_owned()
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

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
