//! Typing errors in the words of the grammar: where a text is not understood as it stands, it is read once more with
//! these mended, and it is said how each was read.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lexicon::{NEGATIONS, POLITE, POLITE_END, PREPS, VERBS};
use super::near::{slipped, stem};
use super::options::{is_common, model};
use super::token::Token;
use super::world::World;
use super::{ask, field, frame, loose, number, saying};

/// Every word that the grammar knows: those of its tables.
static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let phrases = VERBS.iter().map(|(p, _)| *p).chain(PREPS.iter().map(|(p, _)| *p));
    let said = saying::SAYINGS.iter().map(|(p, _)| *p).chain(POLITE.iter().chain(POLITE_END).copied());
    let fields = field::names().chain(number::names()).chain(NEGATIONS.iter().copied());
    let all = phrases.chain(said).chain(fields).chain(ask::names()).chain(loose::phrases());
    let patterns = frame::patterns().flat_map(|p| p.split([' ', '|']));
    let word = |w: &'static str| w.trim_end_matches(['?', '*']).trim_start_matches('~');
    all.flat_map(|p| p.split(' ')).chain(patterns).map(word).filter(|w| !w.starts_with('<')).collect()
});

/// The words with typing errors mended, what was typed and is meant, and how that is told.
type Mended = (Vec<Token>, Vec<(String, String)>, Vec<String>);

/// A text with its typing errors mended; `None` where there are none.
pub(super) fn mended(world: &World, tokens: &[Token]) -> Option<Mended> {
    let (mut mended, mut slips, mut notes) = (tokens.to_vec(), Vec::new(), Vec::new());
    for at in 0..tokens.len() {
        let word = tokens[at].word.as_str();
        if let Some(right) = odd(world, tokens, at).then(|| meant(world, word)).flatten() {
            notes.push(format!("I read \u{201c}{}\u{201d} as \u{201c}{right}\u{201d}.", tokens[at].text));
            mended[at] = Token::new(&right);
            slips.push((word.to_owned(), right));
        }
    }
    (!notes.is_empty()).then_some((mended, slips, notes))
}

/// Whether a word is none that anybody knows: of no table, no name, no program, and not what something is called.
fn odd(world: &World, tokens: &[Token], at: usize) -> bool {
    const NAMES: &[&str] =
        &["called", "named", "name", "titled", "as", "lane", "folder", "directory", "id", "in"];
    let token = &tokens[at];
    let word = token.word.as_str();
    let named = at > 0 && NAMES.contains(&tokens[at - 1].word.as_str());
    let plain = word.len() > 3 && word.chars().all(|c| c.is_ascii_lowercase());
    let called = |name: &str| {
        slipped(word, name) || name.split('-').any(|part| stem(part) == stem(word) || slipped(word, part))
    };
    let is_there = || world.entities().iter().any(|e| called(&e.id) || called(&e.name));
    plain
        && !token.quoted
        && !named
        && !WORDS.contains(word)
        && !is_common(word)
        && model(world, std::slice::from_ref(token)).is_none()
        && !is_there()
}

/// The one word, or model, that a slip of the fingers made this of.
fn meant(world: &World, word: &str) -> Option<String> {
    let models = world.models.iter().map(String::as_str).filter(|name| !WORDS.contains(name));
    slip_of(word, WORDS.iter().copied().chain(models)).map(str::to_owned)
}

/// Which of these is this with letters swapped, one left out, one too many, another one; the likeliest kind first.
fn slip_of<'w>(word: &str, among: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let near: Vec<&str> =
        among.filter(|w| w.len() > 3 && strsim::osa_distance(word, w) == 1 && !inflects(word, w)).collect();
    // A short word with one letter more, less or otherwise is likely another word.
    let kinds: [fn(&str, &str) -> bool; 4] = [
        |typed, meant| typed.len() == meant.len() && sorted(typed) == sorted(meant),
        |typed, meant| typed.len() < meant.len() && meant.len() > 4,
        |typed, meant| typed.len() > meant.len() && meant.len() > 4,
        |typed, meant| typed.len() > 5 && typed.as_bytes()[0] == meant.as_bytes()[0],
    ];
    let of =
        |kind: &fn(&str, &str) -> bool| near.iter().copied().filter(|w| kind(word, w)).collect::<Vec<&str>>();
    let found = kinds.iter().map(of).find(|found| !found.is_empty())?;
    if let [one] = found.as_slice() { Some(one) } else { None }
}

/// Whether one is the other in another form: "removed" is no slip of "remove".
fn inflects(a: &str, b: &str) -> bool {
    let form =
        |long: &str, short: &str| matches!(long.strip_prefix(short), Some("s" | "d" | "r" | "n" | "y"));
    form(a, b) || form(b, a)
}

fn sorted(text: &str) -> Vec<u8> {
    let mut letters = text.as_bytes().to_vec();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::{WORDS, slip_of};

    #[test]
    fn a_slip_in_a_word_of_the_grammar_is_seen_and_another_form_or_word_is_left() {
        let meant = |word: &str| slip_of(word, WORDS.iter().copied());
        for (typed, right) in [("agian", "again"), ("becuase", "because"), ("reviewd", "reviewed")] {
            assert_eq!(meant(typed), Some(right));
        }
        for word in ["removed", "users", "coffee", "table"] {
            assert_eq!(meant(word), None, "{word}");
        }
    }
}
