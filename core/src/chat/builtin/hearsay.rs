//! What is no request of the person who types, or of what is there: the words of somebody else, sounds between words, and
//! what a step made.

use super::lexicon::verb;
use super::token::{Token, words};

/// Sounds that people make between words, and dictation writes down.
const SOUNDS: &[&str] = &["um", "umm", "uh", "uhh", "uhm", "erm"];

/// Whether the words tell what somebody said: "the log says: delete build". What others ask for is not done.
pub(super) fn reports(tokens: &[Token]) -> bool {
    const SAYS: &[&str] = &[
        "said",
        "says",
        "say",
        "wrote",
        "writes",
        "printed",
        "prints",
        "told",
        "tells",
        "suggested",
        "suggests",
        "asked",
        "asks",
        "wants",
        "recommended",
        "recommends",
        "claims",
        "claimed",
        "goes",
        "reads",
    ];
    let all = words(tokens);
    let begun = |at: usize| tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
    let orders = |from: usize| all.get(from..).is_some_and(|rest| verb(rest).is_some());
    (1..all.len()).any(|at| {
        let first = begun(at);
        let by_others =
            first < at && !matches!(all[first], "i" | "we" | "it" | "add" | "create" | "insert" | "new");
        let said = SAYS.contains(&all[at]) && !tokens[at].known && !tokens[at].quoted;
        let whom = usize::from(matches!(all.get(at + 1), Some(&("me" | "us" | "you"))));
        let mark = matches!(all.get(at + 1 + whom), Some(&(":" | "to")));
        said && by_others && mark && orders(at + 2 + whom)
    })
}

/// The step that goes, where the words name several such things: "delete the dumps" may be meant of what `dump` made.
pub(super) fn goes_for_many(tokens: &[Token], lines: &[String]) -> Option<String> {
    let gone = lines.iter().filter_map(|line| line.strip_prefix("seqctl step rm ")?.split(' ').next());
    let said = |word: &str| tokens.iter().any(|t| t.word == word || t.text == word);
    gone.into_iter().find(|id| said(&format!("{id}s")) && !said(id)).map(str::to_owned)
}

/// Without the sounds between words: "uh can you like put a gate there".
pub(super) fn without_sounds(tokens: Vec<Token>) -> Vec<Token> {
    let like = |at: usize| {
        let before = at.checked_sub(1).map_or("", |i| tokens[i].word.as_str());
        let next = tokens.get(at + 1).filter(|t| !t.known && !t.quoted);
        let asks = matches!(before, "you" | "we" | "i" | "to" | "just" | "and" | "then" | "so" | ",");
        tokens[at].word == "like" && asks && next.is_some_and(|t| verb(&[&t.word]).is_some())
    };
    let sound = |at: usize| SOUNDS.contains(&tokens[at].word.as_str()) || like(at);
    let mark = |at: usize| tokens.get(at).is_some_and(|t| t.word == ",");
    // "it should, like, wait": the marks around it go, too.
    let set_off = |at: usize| tokens[at].word == "like" && at > 0 && mark(at - 1) && mark(at + 1);
    let sound = |at: usize| sound(at) || set_off(at);
    let around = |at: usize| {
        let before = at > 0 && sound(at - 1);
        mark(at)
            && (before && (at < 2 || mark(at - 2))
                || at + 1 < tokens.len() && set_off(at + 1)
                || at > 0 && set_off(at - 1))
    };
    let kept: Vec<bool> = (0..tokens.len()).map(|at| !(sound(at) || around(at))).collect();
    tokens.into_iter().zip(kept).filter_map(|(token, kept)| kept.then_some(token)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::token::{text, tokens};
    use super::{goes_for_many, reports, without_sounds};

    #[test]
    fn what_others_ask_for_is_told_apart_from_what_they_decide() {
        for said in ["the log says: delete build", "bob told me to stop it", "announce said: rerun test"] {
            assert!(reports(&tokens(said)), "{said}");
        }
        for said in ["qa said no: delete is broken there", "qa says yes", "add a step that says: stop"] {
            assert!(!reports(&tokens(said)), "{said}");
        }
    }

    #[test]
    fn sounds_between_words_go_and_names_stay() {
        let said = |words: &str| text(&without_sounds(tokens(words)));
        assert_eq!(said("uh can you like put um a gate there"), "can you put a gate there");
        assert_eq!(said("add a step like lint"), "add a step like lint");
    }

    #[test]
    fn many_things_are_not_the_step_that_is_called_as_one_of_them() {
        let lines = ["seqctl step rm dump".to_owned()];
        assert_eq!(goes_for_many(&tokens("delete the dumps"), &lines).as_deref(), Some("dump"));
        assert_eq!(goes_for_many(&tokens("delete dump"), &lines), None);
    }
}
