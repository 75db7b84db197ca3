//! Rate and quota limits: what an agent's last words say about them, and until when.

use chrono::{DateTime, Datelike, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::Limit;

/// What agents say when a limit is reached.
const WORDS: &[&str] = &[
    "usage limit",
    "hit your limit",
    "hit your session limit",
    "hit your weekly limit",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "quota",
    "resource_exhausted",
    "resource exhausted",
    "too many requests",
    "out of extra usage",
];

/// What only a person can mend, by paying: waiting does not.
const UNPAID: &[&str] = &["billing", "credit balance", "insufficient_quota", "payment"];

/// A reset further away than this is not believed.
const FURTHEST: TimeDelta = TimeDelta::days(32);

/// A time of day that is past by less than this means the day it is; else the day after.
const JUST_PAST: TimeDelta = TimeDelta::minutes(10);

/// The limit a failure tells of: by the HTTP status its API gave, or by its words.
pub(super) fn recognise(text: &str, api_status: Option<u16>, now: DateTime<Utc>) -> Option<Limit> {
    let text = text.replace(['\u{2019}', '\u{a0}', '\u{202f}'], " ").to_ascii_lowercase();
    let said = WORDS.iter().any(|word| text.contains(word));
    if api_status != Some(429) && !said && !text.contains("429") {
        return None;
    }
    let until = reset(&text, now).filter(|until| is_believed(*until, now));
    let unpaid = UNPAID.iter().any(|word| text.contains(word));
    (until.is_some() || !unpaid).then_some(Limit { until })
}

/// Whether a limit may end then.
pub(super) fn is_believed(until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    until - now < FURTHEST
}

/// A time in seconds since 1970, or in milliseconds.
pub(super) fn epoch(number: i64) -> Option<DateTime<Utc>> {
    let seconds = if number > 100_000_000_000 { number / 1000 } else { number };
    DateTime::from_timestamp(seconds, 0)
}

/// When the limit ends, where the text says it.
fn reset(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // `usage limit reached|1795400000`, `"resets_at":1795400000`
    for mark in ["|", "resets_at\":", "resets_at\\\":", "resetsat\":"] {
        let number = text.split(mark).nth(1).map(|rest| digits(rest.trim_start()));
        if let Some(number) = number.filter(|n| n.len() >= 10) {
            return number.parse().ok().and_then(epoch);
        }
    }
    ["resets", "reset", "try again", "retry", "available again"]
        .iter()
        .flat_map(|mark| text.match_indices(mark).map(|(at, mark)| &text[at + mark.len()..]))
        .find_map(|rest| moment(rest, now))
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// `in 34.07s`, `after 3h4m12s`, `at 1:21 pm`, `2pm (Asia/Shanghai)`, `apr 23 at 4pm`, `at sep 18th, 2026 12:04 am`.
fn moment(rest: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let rest = rest.lines().next().unwrap_or_default();
    let rest = rest.trim_start_matches([':', ' ', '"']);
    for word in ["in ", "after "] {
        if let Some(length) = rest.strip_prefix(word).and_then(length) {
            return now.checked_add_signed(length);
        }
    }
    let utc = rest.contains("utc") || rest.contains("gmt");
    let here = if utc { now.naive_utc() } else { now.with_timezone(&Local).naive_local() };
    let found = clock(rest, here)?;
    if utc {
        Some(Utc.from_utc_datetime(&found))
    } else {
        Local.from_local_datetime(&found).earliest().map(Into::into)
    }
}

/// `34.07s`, `3h4m12s`, `3 days 4 hours 12 minutes`: whatever stands at the start.
fn length(text: &str) -> Option<TimeDelta> {
    let mut sum = 0.0;
    let mut rest = text;
    let mut found = false;
    loop {
        let trimmed = rest.trim_start_matches([' ', ',']);
        let trimmed = trimmed.strip_prefix("and ").unwrap_or(trimmed);
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let Ok(number) = trimmed[..end].parse::<f64>() else { break };
        let unit = trimmed[end..].trim_start();
        let word = &unit[..unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len())];
        let Some(seconds) = unit_seconds(word) else { break };
        sum += number * seconds;
        found = true;
        rest = &unit[word.len()..];
    }
    // A float beyond the range of the integer is cut to it, and then not believed.
    found.then(|| TimeDelta::milliseconds((sum * 1000.0).min(1e15) as i64))
}

fn unit_seconds(word: &str) -> Option<f64> {
    Some(match word {
        "ms" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A time of day with or without a date before it, the next one after `now`.
fn clock(text: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let mut words =
        text.split([' ', ',', '(']).filter(|w| !w.is_empty() && !matches!(*w, "at" | "on")).take(6);
    let mut word = words.next()?;
    let mut date = None;
    if let Some(month) = word.get(..3).and_then(|w| MONTHS.iter().position(|m| *m == w)) {
        let day = digits(words.next()?).parse().ok()?;
        word = words.next()?;
        let mut year = now.year();
        if let Some(given) = word.parse::<i32>().ok().filter(|y| (2000..3000).contains(y)) {
            year = given;
            word = words.next()?;
        }
        date = Some(NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()? + 1, day)?);
    }
    let time = time_of_day(word, words.next())?;
    match date {
        Some(date) => Some(date.and_time(time)),
        None => {
            let today = now.date().and_time(time);
            let past = now - today > JUST_PAST;
            if past { today.checked_add_signed(TimeDelta::days(1)) } else { Some(today) }
        }
    }
}

/// `1:21` `pm`, `2pm`, `14:05`.
fn time_of_day(word: &str, next: Option<&str>) -> Option<NaiveTime> {
    let word = word.trim_end_matches(['.', ';', ')']);
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let half = if number.len() < word.len() { &word[number.len()..] } else { next.unwrap_or_default() };
    let half = half.trim_end_matches(['.', ';', ')']);
    let (hour, minute) = match number.split_once(':') {
        Some((hour, minute)) => (hour.parse::<u32>().ok()?, digits(minute).parse().ok()?),
        None if matches!(half, "am" | "pm") => (number.parse().ok()?, 0),
        None => return None,
    };
    let hour = match half {
        "am" if hour == 12 => 0,
        "pm" if hour < 12 => hour + 12,
        _ => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T02:30:00Z".parse().unwrap()
    }

    /// The wait in seconds: -1 where it is no limit, 0 where no time is told.
    fn wait(text: &str) -> i64 {
        match recognise(text, None, now()) {
            None => -1,
            Some(Limit { until: None }) => 0,
            Some(Limit { until: Some(until) }) => (until - now()).num_seconds(),
        }
    }

    #[test]
    fn limits_are_told_from_other_failures() {
        for text in [
            "API Error: Request rejected (429) · This request would exceed your account's rate limit.",
            "exceeded retry limit, last status: 429 Too Many Requests",
            "[API Error: {\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}]",
        ] {
            assert_eq!(wait(text), 0, "{text}");
        }
        for text in [
            "API Error: 500 Internal server error",
            "No conversation found with session ID: 1",
            "Credit balance is too low",
            "Quota exceeded. Check your plan and billing details.",
            "",
        ] {
            assert_eq!(wait(text), -1, "{text}");
        }
        assert_eq!(recognise("anything", Some(429), now()), Some(Limit { until: None }));
    }

    #[test]
    fn the_time_that_is_told_is_understood() {
        let cases = [
            ("Claude AI usage limit reached|1795402800", 1_795_402_800 - now().timestamp()),
            ("You exceeded your current quota, check billing. Please retry in 34.07s.", 34),
            ("Your quota will reset after 3h4m12s.", 3 * 3600 + 4 * 60 + 12),
            ("You've hit your usage limit. Try again in 1 day 2 hours and 3 minutes.", 93_780),
            ("You’ve hit your usage limit or try again at 2:45 AM UTC.", 15 * 60),
            ("You've hit your usage limit, try again at Nov 24th, 2026 12:30 AM UTC.", 22 * 3600),
            ("You've hit your limit · resets 3am (UTC)", 1800),
            ("You've hit your limit · resets Nov 23 at 4am (UTC)", 5400),
            ("You've hit your limit · resets 1am (UTC)", 22 * 3600 + 1800),
            ("You've hit your limit · resets at some time", 0),
            ("rate limit: retry in 99999999999999999999 days", 0),
        ];
        for (text, seconds) in cases {
            assert_eq!(wait(text), seconds, "{text}");
        }
    }
}
