//! What bounds a run: its time, how much of it goes on at once, and whether anybody waits for it.

use super::clause::Parts;
use super::entity::Miss;
use super::lexicon::Prep;
use super::number::{count, span};
use super::token::{text, words};

/// The flags that parts of a request to run stand for: `in the background`, `with at most 3 at once`.
pub(super) fn flags(parts: &Parts) -> Result<Vec<String>, Miss> {
    let mut flags = Vec::new();
    if parts.has(Prep::Background) {
        flags.push("--detach".to_owned());
    }
    for part in parts.parts.iter().filter(|p| matches!(p.prep, Prep::With | Prep::On)) {
        let all: Vec<&str> = words(&part.tokens)
            .into_iter()
            .filter(|w| !matches!(*w, "at" | "most" | "a" | "of" | "maximum" | "max" | "up" | "to" | "only"))
            .collect();
        let most = words(&part.tokens).iter().any(|w| matches!(*w, "max" | "most" | "maximum"))
            && parts.has(Prep::Parallel);
        let more = matches!(all.as_slice(), ["no", "more", "than", ..]);
        let all = if more { all[3..].to_vec() } else { all };
        let is_limit = all.iter().any(|w| matches!(*w, "timeout" | "limit"));
        let rest: Vec<&str> =
            all.iter().copied().filter(|w| !matches!(*w, "timeout" | "limit" | "time")).collect();
        if is_limit && let Some(ms) = span(&rest) {
            flags.extend(["--timeout".to_owned(), ms.to_string()]);
        } else if let Some((n, used)) = count(&all)
            && all[used..].iter().all(|w| {
                matches!(
                    *w,
                    "steps"
                        | "step"
                        | "once"
                        | "time"
                        | "workers"
                        | "concurrent"
                        | "parallel"
                        | "in"
                        | "jobs"
                )
            })
            && (all.len() > used || most || parts.get(Prep::Times).is_some_and(|p| p.count == 1))
        {
            flags.extend(["--max-concurrent".to_owned(), n.to_string()]);
        } else if !all.is_empty() && all != ["once"] {
            return Err(Miss::unclear(format!(
                "I do not know what to make of \u{201c}{}\u{201d} in a run",
                text(&part.tokens)
            )));
        }
    }
    Ok(flags)
}
