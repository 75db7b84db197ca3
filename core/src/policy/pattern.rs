//! Whether a regular expression of a policy is one, without building what it does not need to match anything.

use regex::RegexBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Largest compiled size of one expression, in bytes: ten letters can ask for gigabytes.
const MAX_SIZE: usize = 256 << 10;
/// Up to this weight an expression is small without a look: a few hundred bytes for each.
const LIGHT: usize = 250;

/// Checks one expression.
///
/// Every command reads the policy, and few match anything: compiling takes longer than all else they do. So only what
/// could be too large is compiled to see whether it is.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let hir = regex_syntax::parse(pattern).map_err(|fault| last_line(&fault.to_string()))?;
    if weight(&hir) <= LIGHT {
        return Ok(());
    }
    let built = RegexBuilder::new(pattern).size_limit(MAX_SIZE).build();
    built.map(drop).map_err(|fault| last_line(&fault.to_string()))
}

/// The last line of a fault says what is wrong; those before draw it.
pub(super) fn last_line(fault: &str) -> String {
    let last = fault.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// About how many states it takes. The parser bounds how deep an expression can be.
fn weight(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().fold(1_usize, |sum, part| sum.saturating_add(weight(part)));
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min.saturating_add(1)).max(1);
            weight(&repeated.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(1),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        assert_eq!(check_pattern(r"rm\s+-rf\s+/"), Ok(()));
        assert_eq!(check_pattern("("), Err("unclosed group".to_owned()));
        assert_eq!(check_pattern(r"\w+\.rs"), Ok(()), "compiled, and small enough");
    }

    #[test]
    fn what_would_be_large_is_refused_however_it_is_nested() {
        for large in [r"\w{1000}", "(((a{99}){99}){99}){99}", "(?:[^x]{400}){400}"] {
            assert!(check_pattern(large).unwrap_err().contains("size limit"), "{large}");
        }
    }

    #[test]
    fn what_passes_unbuilt_is_far_from_the_limit() {
        let widest = ["[ac-eg]{60}", r"(?i)strasse\s+\d", "(a|b|cd){40}", r"\s{20}", r"[^a]{80}"];
        for pattern in widest {
            let hir = regex_syntax::parse(pattern).unwrap();
            assert!(weight(&hir) <= LIGHT, "{pattern} weighs {}", weight(&hir));
            RegexBuilder::new(pattern).size_limit(MAX_SIZE / 2).build().unwrap();
        }
    }
}
