//! Environment variables of steps: `set NODE_ENV to production for build`, `build needs RUST_LOG=debug`.

use super::clause::Parts;
use super::edit::edit;
use super::entity::{Miss, bare, steps};
use super::lexicon::Prep;
use super::token::{Token, text};
use super::world::World;

/// What people call a variable.
const NOUNS: &[&str] = &["env", "environment", "variable", "variables", "var", "vars", "envvar"];

/// Whether a word is the name of a variable: capitals, as everybody writes them.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_uppercase() || c == '_')
        && text.len() > 1
        && chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// `NAME=value`, as it was typed.
fn assignment(token: &Token) -> Option<&str> {
    is_assignment(&token.text).then_some(token.text.as_str())
}

/// Whether a word is `NAME=value`.
pub(super) fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// The variables that words set: assignments and nothing else.
pub(super) fn assignments(item: &[Token]) -> Option<Vec<String>> {
    let (rest, _) = bare(item);
    let rest: Vec<&&Token> = rest.iter().filter(|t| !NOUNS.contains(&t.word.as_str())).collect();
    let all: Option<Vec<String>> = rest.iter().map(|t| assignment(t).map(str::to_owned)).collect();
    all.filter(|all| !all.is_empty())
}

/// `add NAME=value to build`.
pub(super) fn add(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    let mut parts = parts.clone();
    parts.parts.iter_mut().filter(|p| p.prep == Prep::To).for_each(|p| p.prep = Prep::For);
    let unclear = || Miss::unclear("say for which step it is");
    if parts.parts.is_empty() {
        return Err(unclear());
    }
    set(world, &parts).unwrap_or_else(|| Err(unclear()))
}

/// `set NAME to value for build`, `set NAME=value on build`; `None` where no variable is named.
pub(super) fn set(world: &mut World, parts: &Parts) -> Option<Result<(), Miss>> {
    let whom = parts.parts.iter().find(|p| matches!(p.prep, Prep::For | Prep::On | Prep::In | Prep::Of));
    let list: Vec<Token> =
        parts.object.iter().filter(|t| t.word != "and" && t.word != ",").cloned().collect();
    let value = parts.get(Prep::To);
    let env = match (assignments(&list), value) {
        (Some(env), None) => env,
        (None, Some(value)) => {
            let (rest, _) = bare(&list);
            let names: Vec<&&Token> = rest.iter().filter(|t| !NOUNS.contains(&t.word.as_str())).collect();
            let [name] = names.as_slice() else { return None };
            if !is_name(&name.text) || name.known {
                return None;
            }
            vec![format!("{}={}", name.text, text(&value.tokens))]
        }
        _ => return None,
    };
    let known = usize::from(whom.is_some()) + usize::from(value.is_some());
    if parts.parts.len() != known {
        return Some(Err(Miss::unclear("say only which variable is set to what, and for which step")));
    }
    let focus = [Token::new("it")];
    let ids = steps(world, whom.map_or(&focus[..], |p| &p.tokens));
    let flags: Vec<String> = env.into_iter().flat_map(|pair| ["--env".to_owned(), pair]).collect();
    Some(ids.and_then(|ids| edit(world, &ids, &flags, &[])))
}

/// Refuses two values of one variable.
pub(super) fn once(flags: &[String]) -> Result<(), Miss> {
    let pairs = flags.windows(2).filter(|w| w[0] == "--env").map(|w| w[1].as_str());
    let mut names: Vec<&str> = Vec::new();
    for name in pairs.map(|pair| pair.split('=').next().unwrap_or(pair)) {
        if names.contains(&name) {
            return Err(Miss::unclear(format!("`{name}` cannot have two values; say one")));
        }
        names.push(name);
    }
    Ok(())
}
