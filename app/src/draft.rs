//! What a person is about to ask for: lines of the language as they are typed, or a template to be filled in. The
//! backend says what would come of it, before anything is done.

use threados_core::engine::protocol::Fault;
use threados_core::grammar::{Command, LineError, parse_line};
use threados_core::id::NodeId;
use threados_core::workspace::{ErrorClass, Request};

use crate::link::Wish;

/// What is about to be asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// Lines as one types them, all or none.
    Lines(Vec<String>),
    /// What a template makes.
    Template {
        /// Its name.
        name: String,
        /// What is set in it.
        set: Vec<(String, String)>,
        /// What the new ids begin with; empty: as the template says.
        id: String,
    },
}

impl Draft {
    /// The line of `seqctl` that asks for the same; of a template that its own command, not all that comes of it.
    pub fn line(&self) -> String {
        let (name, set, id) = match self {
            Self::Lines(lines) => {
                return lines.iter().map(|l| format!("seqctl {l}")).collect::<Vec<_>>().join("\n");
            }
            Self::Template { name, set, id } => (name, set, id),
        };
        let set = set.iter().map(|(name, value)| format!(" --set {name}={}", word(value)));
        let id = if id.is_empty() || id == name { String::new() } else { format!(" --id {}", word(id)) };
        format!("seqctl template apply {}{}{id}", word(name), set.collect::<String>())
    }
}

/// What would come of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The draft.
    pub of: Draft,
    /// What it comes to, or why it cannot be done.
    pub came: Result<Made, Fault>,
}

/// What a draft comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What to ask for, to have it done.
    pub wish: Wish,
    /// Unified diff of the files; empty where none changes.
    pub diff: String,
    /// Steps and gates that differ afterwards.
    pub changed: Vec<NodeId>,
}

/// What lines ask for: changes, all or none, or one start or stop.
///
/// # Errors
/// What the grammar has to say about the first line it does not take.
pub fn read(lines: &[String]) -> Result<Wish, Fault> {
    let mut actions = Vec::new();
    for line in lines {
        match parse_line(line).map_err(|error| misread(&error))? {
            Command::Change(action) => actions.push(action),
            Command::Control(control) if lines.len() == 1 => return Ok(Wish::Control(control)),
            Command::Control(_) => {
                return Err(usage("runs and stops go one at a time").hint("leave only this line"));
            }
        }
    }
    Ok(Wish::Change(Request::user(actions)))
}

/// One word of a line, quoted where it has to be.
pub fn word(text: &str) -> String {
    // A NUL cannot be typed.
    shlex::try_quote(text).map_or_else(|_| String::from("''"), std::borrow::Cow::into_owned)
}

/// Words that are lists: separated by commas, spaces or lines.
pub fn list(text: &str) -> String {
    text.split([',', ' ', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(",")
}

fn usage(message: impl Into<String>) -> Fault {
    Fault::new(ErrorClass::Usage, "USAGE", message)
}

/// The grammar speaks to a terminal: here its first sentence is the fault, and its tip the mend.
fn misread(error: &LineError) -> Fault {
    let LineError::Grammar(text) = error else { return usage(error.to_string()) };
    let lines = || text.lines().map(str::trim);
    let first = lines().find(|l| !l.is_empty()).unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let named = |l: &&str| l.starts_with("--") || l.starts_with('<');
    let missing: Vec<&str> = lines().skip(1).take_while(|l| !l.starts_with("Usage")).filter(named).collect();
    let fault =
        usage(if missing.is_empty() { first.to_owned() } else { format!("{first} {}", missing.join(", ")) });
    let tip = lines().find_map(|l| l.strip_prefix("tip: ").or_else(|| l.strip_prefix("[possible values: ")));
    match tip {
        Some(tip) => fault.hint(tip.trim_end_matches(']').to_owned()),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let fault = read(&[line.to_owned()]).unwrap_err();
        format!("{} | {}", fault.message, fault.hint.unwrap_or_default())
    }

    #[test]
    fn what_the_grammar_does_not_take_is_said_in_a_sentence_with_its_mend() {
        assert!(said("step edit a --timeout soon").starts_with("invalid value 'soon' for '--timeout <MS>'"));
        assert!(said("step edit a --cvd x").contains("--cwd"), "{}", said("step edit a --cvd x"));
        assert!(said("step add").contains("<ID>"), "{}", said("step add"));
        assert!(said("step add 'a").starts_with("a quote is not closed"));
    }

    #[test]
    fn several_changes_are_one_and_a_start_stands_alone() {
        let two = ["step add a -- true".to_owned(), "dep add a b".to_owned()];
        assert_eq!(read(&two).unwrap().line().lines().count(), 2);
        assert!(matches!(read(&["run all".to_owned()]), Ok(Wish::Control(_))));
        assert!(read(&["run all".to_owned(), two[0].clone()]).is_err());
    }

    #[test]
    fn a_template_is_asked_for_by_a_line_of_its_own() {
        let set = vec![("phases".into(), "4".into()), ("task".into(), "Mend it".into())];
        let line =
            |id: &str| Draft::Template { name: "chained".into(), set: set.clone(), id: id.into() }.line();
        assert_eq!(line("chained"), "seqctl template apply chained --set phases=4 --set task='Mend it'");
        assert!(line("mend").ends_with(" --id mend"), "{}", line("mend"));
    }

    #[test]
    fn words_and_lists_survive() {
        assert_eq!((word("it's").as_str(), word("a").as_str(), word("").as_str()), ("\"it's\"", "a", "''"));
        assert_eq!(list(" a, b\nc "), "a,b,c");
    }
}
