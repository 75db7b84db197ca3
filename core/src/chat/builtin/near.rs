//! What may have been meant: plurals, typing errors, the nearest names.

use super::world::Entity;
use crate::id::slug;

pub(super) fn key<'t>(words: impl Iterator<Item = &'t str>) -> String {
    slug(&words.collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

pub(super) fn stem(word: &str) -> &str {
    // "fetches".
    if let Some(stem) =
        word.strip_suffix("es").filter(|w| w.ends_with("ch") || w.ends_with("sh") || w.ends_with('x'))
    {
        return stem;
    }
    word.strip_suffix('s').filter(|w| w.len() > 2).unwrap_or(word)
}

/// Whether a noun is what a step of this id and name is: of its id any word is, of a longer name only the last.
pub(super) fn is_a(id: &str, name: &str, noun: impl Fn(&str) -> bool) -> bool {
    id.split('-').any(&noun) || name.split('-').next_back().is_some_and(noun)
}

/// What was meant where a letter or two went wrong. Short words are forgiven less: another letter makes another word.
pub(super) fn typing_error<'e>(key: &str, among: &[&'e Entity]) -> Vec<&'e Entity> {
    let near = |e: &&&Entity| slipped(key, &e.id) || slipped(key, &e.name);
    among.iter().filter(near).copied().collect()
}

/// Whether one word is the other with a typing error: letters swapped, left out, doubled; in longer words another one.
pub(super) fn slipped(typed: &str, meant: &str) -> bool {
    let (a, b) = (typed.chars().count(), meant.chars().count());
    if typed == meant || a.min(b) < 3 || a.abs_diff(b) > 2 || digits(typed) != digits(meant) {
        return false;
    }
    let distance = strsim::damerau_levenshtein(typed, meant);
    let swapped = a == b && sorted(typed) == sorted(meant);
    let first = typed.chars().next() == meant.chars().next();
    match a.max(b) {
        ..=4 => distance == 1 && first && (swapped || a != b && b == 4),
        5..=6 => distance == 1 || distance == 2 && swapped && first,
        7..=9 => distance <= 2 && first || distance == 1,
        _ => distance <= 2,
    }
}

/// `step-1` is no slip of `step-2`.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn sorted(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// The nearest ids, to be offered.
pub(super) fn nearest(key: &str, all: &[Entity]) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = all
        .iter()
        .map(|e| (strsim::jaro_winkler(key, &e.id).max(strsim::jaro_winkler(key, &e.name)), e.id.as_str()))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::slipped;

    #[test]
    fn a_slip_of_the_fingers_is_seen_and_another_word_is_not() {
        for (typed, meant) in [
            ("bulid", "build"),
            ("biuld", "build"),
            ("lnit", "lint"),
            ("tset", "test"),
            ("deplyo", "deploy"),
            ("revieww", "review"),
            ("verifcation", "verification"),
            ("tst", "test"),
        ] {
            assert!(slipped(typed, meant), "{typed} {meant}");
        }
        for (typed, meant) in [
            ("link", "lint"),
            ("rest", "test"),
            ("text", "test"),
            ("step-1", "step-2"),
            ("docs", "does"),
            ("ab", "ba"),
        ] {
            assert!(!slipped(typed, meant), "{typed} {meant}");
        }
    }
}
