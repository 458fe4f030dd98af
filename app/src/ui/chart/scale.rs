//! Where round numbers and round times stand on the axes of a chart.

use crate::model::date::{DAY, HOUR, MINUTE, exact_in, parse};

/// What the values of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole things.
    Count,
    /// Up to a hundred.
    Percent,
    Seconds,
    /// And parts of them.
    Hours,
}

/// Between two numbers there is so much at least: a quarter of the axis.
const PARTS: f64 = 4.0;
/// Times on an axis, at most: as many as stand beside each other on a phone.
const TIMES: i64 = 6;
/// The same of months, which are longer words.
const MONTHS: i64 = 5;
/// From so long on, months are told.
const LONG: i64 = 60 * DAY;

/// Round lengths of time in seconds.
const ROUND_SECONDS: [f64; 12] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];
/// And on the axis of times.
const ROUND_TIMES: [i64; 14] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// The numbers on the axis of values, from 0 to at least `most`; the last is the top of the chart.
pub fn numbers(unit: Unit, most: f64) -> Vec<f64> {
    let most = match unit {
        Unit::Percent => 100.0,
        _ if most.is_finite() => most.max(0.0),
        _ => 0.0,
    };
    let step = step(unit, most / PARTS);
    let count = (most / step).ceil().max(1.0) as usize;
    (0..=count).map(|n| n as f64 * step).collect()
}

/// The least round number that is at least that.
fn step(unit: Unit, least: f64) -> f64 {
    if unit == Unit::Seconds
        && let Some(round) = ROUND_SECONDS.into_iter().find(|round| *round >= least)
    {
        return round;
    }
    if unit == Unit::Hours {
        let least = least.max(0.01);
        let power = 10_f64.powf(least.log10().floor());
        let mut steps = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power);
        return steps.find(|step| *step >= least).unwrap_or(10.0 * power);
    }
    // Things are whole.
    let least = least.max(1.0);
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let mut steps = factors.into_iter().map(|factor| factor * power);
    let found = steps.find(|step| *step >= least && step.fract() == 0.0);
    found.unwrap_or(10.0 * power)
}

/// The times on the axis between two times, each with its words, in a zone so many minutes east of UTC.
pub fn times(start: i64, end: i64, zone: i64) -> Vec<(i64, String)> {
    let length = end - start;
    if length > LONG {
        return months(start, end, zone);
    }
    let few = |step: &i64| length / step <= TIMES;
    let step = ROUND_TIMES.into_iter().find(few).unwrap_or(14 * DAY);
    let ahead = zone * MINUTE;
    let first = start + ahead + (step - 1);
    let first = first - first.rem_euclid(step) - ahead;
    let count = (end - first).max(0) / step;
    let times = (0..=count).map(|n| first + n * step);
    times.map(|at| (at, words(at, zone))).collect()
}

/// The time of day, and at midnight which day begins.
fn words(at: i64, zone: i64) -> String {
    let whole = exact_in(at, zone);
    let time = whole.get(11..16).unwrap_or_default();
    let day = whole.get(5..10).unwrap_or_default();
    (if time == "00:00" { day } else { time }).to_owned()
}

/// Where months begin, as 2026-11.
fn months(start: i64, end: i64, zone: i64) -> Vec<(i64, String)> {
    let month_of = |at: i64| {
        let whole = exact_in(at, zone);
        let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i64>().ok();
        Some(number(0, 4)? * 12 + number(5, 7)? - 1)
    };
    let (Some(first), Some(last)) = (month_of(start), month_of(end)) else {
        return vec![];
    };
    let few = |step: &i64| (last - first) / step <= MONTHS;
    let step = [1, 2, 3, 6].into_iter().find(few).unwrap_or(12);
    let begin = |month: i64| {
        let words = format!("{:04}-{:02}", month / 12, month % 12 + 1);
        let at = parse(&format!("{words}-01T00:00:00Z"))? - zone * MINUTE;
        (start <= at && at <= end).then_some((at, words))
    };
    let round = (first..=last).filter(|month| month % step == 0);
    round.filter_map(begin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_round_and_reach_the_top() {
        for (unit, most, right) in [
            (Unit::Count, 0.0, &[0.0, 1.0][..]),
            (Unit::Count, 0.4, &[0.0, 1.0]),
            (Unit::Count, 1.0, &[0.0, 1.0]),
            (Unit::Count, 4.0, &[0.0, 1.0, 2.0, 3.0, 4.0]),
            (Unit::Count, 7.0, &[0.0, 2.0, 4.0, 6.0, 8.0]),
            (Unit::Count, 95.0, &[0.0, 25.0, 50.0, 75.0, 100.0]),
            (Unit::Count, 2000.0, &[0.0, 500.0, 1000.0, 1500.0, 2000.0]),
            (Unit::Count, f64::NAN, &[0.0, 1.0]),
            (Unit::Percent, 3.0, &[0.0, 25.0, 50.0, 75.0, 100.0]),
            (Unit::Seconds, 95.0, &[0.0, 30.0, 60.0, 90.0, 120.0]),
            (Unit::Seconds, 700.0, &[0.0, 300.0, 600.0, 900.0]),
        ] {
            assert_eq!(numbers(unit, most), right, "{unit:?} {most}");
        }
        for most in 1..3000 {
            let all = numbers(Unit::Count, f64::from(most));
            let top = all.last().copied().unwrap_or_default();
            assert!(top >= f64::from(most) && all.len() <= 6, "{most}: {all:?}");
        }
    }

    #[test]
    fn times_are_round_where_the_reader_is() {
        let at = |text: &str| parse(text).unwrap_or_default();
        let told = |start: i64, length: i64, zone: i64| {
            let all = times(start, start + length, zone);
            let words: Vec<String> = all.into_iter().map(|(_, words)| words).collect();
            words.join(" ")
        };
        let evening = at("2026-11-28T20:05:00Z");
        let hour = told(evening, HOUR, 0);
        assert_eq!(hour, "20:10 20:20 20:30 20:40 20:50 21:00");
        let day = told(evening, DAY, 0);
        assert_eq!(day, "11-29 06:00 12:00 18:00");
        let day = told(evening, DAY, 330);
        assert_eq!(day, "06:00 12:00 18:00 11-30", "01:35 in India");
        let week = told(evening, 7 * DAY, 0);
        assert_eq!(week, "11-29 12-01 12-03 12-05");
        let month = told(evening, 30 * DAY, 0);
        assert_eq!(month.split(' ').count(), 4, "{month}");
        let long = told(at("2025-08-30T00:00:00Z"), 455 * DAY, 0);
        assert_eq!(long, "2025-10 2026-01 2026-04 2026-07 2026-10");
    }

    #[test]
    fn no_range_has_more_times_than_stand_beside_each_other() {
        for range in crate::model::metric::Range::ALL {
            for shift in 0..50 {
                let start = 1_700_000_000_000 + shift * 7 * HOUR;
                let all = times(start, start + range.length(), 60);
                assert!((1..=7).contains(&all.len()), "{range:?} {all:?}");
                let end = start + range.length();
                assert!(all.iter().all(|(at, _)| (start..=end).contains(at)));
            }
        }
    }
}
