//! Points in time, as milliseconds since 1970, and how they are written.

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// `2026-11-22 20:05:11 UTC`.
pub fn exact(at: i64) -> String {
    exact_in(at, 0)
}

/// `2026-11-23 01:35:11 UTC+05:30`: in a zone so many minutes east of UTC.
pub fn exact_in(at: i64, zone: i64) -> String {
    let name = match (zone, zone.abs() / 60, zone.abs() % 60) {
        (0, ..) => "UTC".to_owned(),
        (..0, hours, minutes) => format!("UTC-{hours:02}:{minutes:02}"),
        (_, hours, minutes) => format!("UTC+{hours:02}:{minutes:02}"),
    };
    format!("{} {name}", date_and_time(at + zone * MINUTE))
}

/// As HTML and other programs read it: `2026-11-22T20:05:11Z`.
pub fn machine(at: i64) -> String {
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

/// The first moment of a day, `2026-11-28`, by a clock that is so many minutes ahead of UTC at a time.
pub fn midnight(day: &str, zone: impl Fn(i64) -> i64) -> Option<i64> {
    let there = parse(&format!("{day}T00:00:00Z"))?;
    // What the clock shows is known near enough to ask how far ahead it is, unless it is set that night.
    let near = there - zone(there) * MINUTE;
    Some(there - zone(near) * MINUTE)
}

/// The first moment behind that day.
pub fn end_of(day: &str, zone: impl Fn(i64) -> i64) -> Option<i64> {
    let there = parse(&format!("{day}T00:00:00Z"))?;
    let next = date_and_time(there + DAY);
    midnight(next.get(..10)?, zone)
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
    fn a_day_is_the_readers() {
        let at = |text: &str| parse(text);
        for (zone, first, end) in [
            (0, "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"),
            (330, "2026-11-27T18:30:00Z", "2026-11-28T18:30:00Z"),
            (-480, "2026-11-28T08:00:00Z", "2026-11-29T08:00:00Z"),
        ] {
            assert_eq!(midnight("2026-11-28", |_| zone), at(first), "{zone}");
            assert_eq!(end_of("2026-11-28", |_| zone), at(end), "{zone}");
        }
        assert_eq!(end_of("2026-12-31", |_| 0), at("2027-01-01T00:00:00Z"));
        for no_day in ["", "today", "2026-11", "2026-11-28T"] {
            assert_eq!(midnight(no_day, |_| 0), None, "{no_day}");
        }
    }

    /// As clocks in Berlin do.
    #[test]
    fn the_day_on_which_clocks_are_set_is_longer_or_shorter() {
        let (spring, autumn) = ("2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z");
        let summer = parse(spring).unwrap_or_default()..parse(autumn).unwrap_or_default();
        let zone = |at: i64| if summer.contains(&at) { 120 } else { 60 };
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)] {
            let length = end_of(day, zone).zip(midnight(day, zone));
            assert_eq!(
                length.map(|(end, begin)| end - begin),
                Some(hours * HOUR),
                "{day}"
            );
        }
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
}
