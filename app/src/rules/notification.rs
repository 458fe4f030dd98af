//! What the browser can say of a channel or a rule before the server does.

use crate::i18n::Text;
use crate::model::notification::*;

/// A name that tells channels, or rules, apart.
pub fn check_name(t: &Text, name: &str) -> Result<(), String> {
    let is_right = !name.trim().is_empty() && name.chars().count() <= NAME_MAX;
    match is_right && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(t.notifications.name_wrong(NAME_MAX)),
    }
}

/// The address of a webhook. Plain HTTP is for this host only: whether that is allowed the server knows.
pub fn check_url(t: &Text, url: &str) -> Result<(), String> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_host = |rest: &&str| !rest.is_empty() && !rest.starts_with('/');
    let is_plain = url.len() <= LONGEST && url.bytes().all(|byte| byte.is_ascii_graphic());
    match rest.filter(is_host).is_some() && is_plain && !url.contains(['@', '\\']) {
        true => Ok(()),
        false => Err(t.notifications.url_wrong.to_owned()),
    }
}

/// One address of e-mail, in the form in which it cannot say anything else in a header.
pub fn check_mail(t: &Text, address: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte))
    };
    let is_right = address.len() <= 254
        && address
            .split_once('@')
            .is_some_and(|(local, host)| is_part(local) && is_part(host));
    match is_right {
        true => Ok(()),
        false => Err(t.notifications.mail_wrong.to_owned()),
    }
}

/// `22:30`, as minutes of the day.
pub fn check_time(t: &Text, time: &str) -> Result<u16, String> {
    let minutes = time.split_once(':').and_then(|(hour, minute)| {
        let two = |part: &str| {
            let is_number = !part.is_empty() && part.len() <= 2;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            (is_number && digits).then(|| part.parse::<u16>().ok())?
        };
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    });
    minutes.ok_or_else(|| t.notifications.time_wrong.to_owned())
}

/// Minutes of the day as they are typed.
pub fn time_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn addresses_say_nothing_else() {
        let t = Language::English.text();
        for right in ["https://example.com/hook?a=b", "http://127.0.0.1:8080/"] {
            assert_eq!(check_url(t, right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            "ftp://example.com",
            "https://",
            "https:///path",
            "https://user@example.com",
            "https://a b",
            "https://a\r\nHost: b",
        ] {
            assert!(check_url(t, wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(check_mail(t, "ops@example.com"), Ok(()));
        for wrong in [
            "",
            "ops",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: x@y",
            "<a@b>",
            "a@b,c@d",
        ] {
            assert!(check_mail(t, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_are_of_a_day() {
        let t = Language::English.text();
        assert_eq!(check_time(t, "22:30"), Ok(22 * 60 + 30));
        assert_eq!(check_time(t, "0:00"), Ok(0));
        assert_eq!(time_text(125), "02:05");
        for wrong in ["", "24:00", "1:60", "a:b", "1", "-1:00", "+1:00"] {
            assert!(check_time(t, wrong).is_err(), "{wrong:?}");
        }
    }
}
