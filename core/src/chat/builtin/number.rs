//! Numbers and times as people write them: `three`, `a couple`, `twice`, `half an hour`, `1h30m`.

const WORDS: &[(&str, u64)] = &[
    ("zero", 0),
    ("no", 0),
    ("one", 1),
    ("a", 1),
    ("an", 1),
    ("single", 1),
    ("two", 2),
    ("couple", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("dozen", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("hundred", 100),
];

/// Milliseconds of each unit.
const UNITS: &[(&[&str], u64)] = &[
    (&["ms", "millisecond", "milliseconds", "msec"], 1),
    (&["s", "sec", "secs", "second", "seconds"], 1000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000),
    (&["d", "day", "days"], 86_400_000),
];

/// The words of numbers and times.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(name, _)| *name).chain(UNITS.iter().flat_map(|(names, _)| names.iter().copied()))
}

/// A whole number in digits or as a word: `3`, `three`, `twenty-five`.
pub(super) fn number(word: &str) -> Option<u64> {
    if let Ok(n) = word.parse() {
        return Some(n);
    }
    if let Some((tens, ones)) = word.split_once('-') {
        let (tens, ones) = (number(tens)?, number(ones)?);
        return (tens >= 20 && tens % 10 == 0 && (1..10).contains(&ones)).then_some(tens + ones);
    }
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, n)| *n)
}

/// How many times: the count and how many words say it (`twice`, `three times`, `3x`, `a couple of times`).
pub(super) fn times(words: &[&str]) -> Option<(u64, usize)> {
    match *words.first()? {
        "once" if words.get(1) == Some(&"more") => return None,
        "once" => return Some((1, 1)),
        "twice" => return Some((2, 1)),
        "thrice" => return Some((3, 1)),
        _ => {}
    }
    if let Some(n) = words[0].strip_suffix('x').or(words[0].strip_prefix('x')).and_then(|n| n.parse().ok()) {
        return Some((n, 1));
    }
    let (n, used) = count(words)?;
    matches!(*words.get(used)?, "times" | "time" | "x").then_some((n, used + 1))
}

/// A count, and how many words say it: `3`, `three`, `a couple of`.
pub(super) fn count(words: &[&str]) -> Option<(u64, usize)> {
    match words {
        ["a", "couple", "of", ..] => return Some((2, 3)),
        ["a", "couple" | "dozen", ..] => return Some((number(words[1])?, 2)),
        _ => {}
    }
    let word = words.first()?;
    if matches!(*word, "a" | "an" | "no") {
        return None;
    }
    spoken(words)
}

/// A span of time in milliseconds, of exactly these words: `10 minutes`, `half an hour`, `90s`, `1h30m`, `an hour and a
/// half`. A bare number is milliseconds only where it says so.
pub(super) fn span(words: &[&str]) -> Option<u64> {
    // "a whole day".
    if let [one @ ("a" | "an" | "one"), "whole" | "full" | "entire" | "good" | "solid", unit] = words {
        return span(&[one, unit]);
    }
    match words {
        ["half", "an" | "a", "hour"] | ["half", "hour"] => return Some(1_800_000),
        ["half", "a", "minute"] => return Some(30_000),
        ["a", "quarter", "of", "an", "hour"] => return Some(900_000),
        [n, "and", "a", "half", one] => {
            let (n, unit) = (number(n)?, unit(one)?);
            return n.checked_mul(unit).map(|ms| ms + unit / 2);
        }
        // "two hours and a half".
        [rest @ .., one, "and", "a", "half"] => {
            let half = unit(one)? / 2;
            return span(&words[..rest.len() + 1]).and_then(|ms| ms.checked_add(half));
        }
        _ => {}
    }
    let mut total: u64 = 0;
    let mut at = 0;
    while at < words.len() {
        if words[at] == "and" && at > 0 {
            at += 1;
            continue;
        }
        if let Some(ms) = compact(words[at]) {
            total = total.checked_add(ms)?;
            at += 1;
            continue;
        }
        let (amount, used) = amount(&words[at..])?;
        total = total.checked_add(scaled(amount, unit(words.get(at + used)?)?)?)?;
        at += used + 1;
    }
    (total > 0).then_some(total)
}

fn amount(words: &[&str]) -> Option<(f64, usize)> {
    if let Ok(n) = words.first()?.parse::<f64>() {
        return Some((n, 1));
    }
    match words {
        ["a" | "an", "couple", "of", ..] => Some((2.0, 3)),
        _ => {
            let (n, used) = spoken(words)?;
            Some((f64::from(u32::try_from(n).ok()?), used))
        }
    }
}

/// A number in one word or, as it is dictated, in two: `twenty five`.
fn spoken(words: &[&str]) -> Option<(u64, usize)> {
    let first = number(words.first()?)?;
    let tens = (20..100).contains(&first) && first % 10 == 0 && words[0].parse::<u64>().is_err();
    let ones = words.get(1).filter(|_| tens).and_then(|w| number(w)).filter(|n| (1..10).contains(n));
    let ones = ones.filter(|_| !matches!(words[1], "a" | "an" | "single"));
    Some(ones.map_or((first, 1), |ones| (first + ones, 2)))
}

/// `90s`, `1h30m`, `1.5h`.
fn compact(word: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (n, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at(letters);
        total = total.checked_add(scaled(n.parse().ok()?, unit(name)?)?)?;
        rest = after;
    }
    (total > 0).then_some(total)
}

fn unit(word: &str) -> Option<u64> {
    let same = |of: &dyn Fn(&str) -> bool| {
        UNITS.iter().find(|(names, _)| names.iter().any(|name| of(name))).map(|(_, ms)| *ms)
    };
    // "mintues" is no other word.
    same(&|name| name == word).or_else(|| same(&|name| name.len() > 5 && super::near::slipped(word, name)))
}

fn scaled(amount: f64, unit: u64) -> Option<u64> {
    let ms = amount * unit as f64;
    (ms.is_finite() && (0.0..=3.2e10).contains(&ms)).then_some(ms.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_in_words_and_digits() {
        let ms = |text: &str| span(&text.split(' ').collect::<Vec<_>>());
        for (text, want) in [
            ("ten minutes", 600_000),
            ("half an hour", 1_800_000),
            ("an hour and a half", 5_400_000),
            ("2 hours and a half", 9_000_000),
            ("1h30m", 5_400_000),
            ("90s", 90_000),
            ("1.5 hours", 5_400_000),
            ("2 hours and 5 minutes", 7_500_000),
            ("500 ms", 500),
            ("twenty five minutes", 1_500_000),
        ] {
            assert_eq!(ms(text), Some(want), "{text}");
        }
        for text in ["ten", "soon", "5 apples", ""] {
            assert_eq!(ms(text), None, "{text}");
        }
        assert_eq!(times(&["a", "couple", "of", "times"]), Some((2, 4)));
        assert_eq!(times(&["3x"]), Some((3, 1)));
        assert_eq!((number("twenty-five"), number("apple")), (Some(25), None));
    }
}
