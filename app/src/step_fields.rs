//! The fields of a step that can be edited, in one table: what each is called, its flag, and how it reads.

use threados_core::model::Step;

use crate::draft::{list, word};

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// A line.
    Line,
    /// Ids.
    Ids,
    /// Several, one a line.
    Lines,
    /// A command line.
    Argv,
    /// One of these words; the empty one is the default.
    Choice(&'static [&'static str]),
    /// Yes or no.
    Switch,
}

/// A field.
pub struct Field {
    /// What it is called.
    pub label: &'static str,
    /// Its flag, as in `step edit`.
    pub flag: &'static str,
    /// What it takes.
    pub hint: &'static str,
    /// How it is written.
    pub form: Form,
    /// How it reads in a step.
    pub get: fn(&Step) -> String,
}

const fn field(
    label: &'static str,
    flag: &'static str,
    hint: &'static str,
    form: Form,
    get: fn(&Step) -> String,
) -> Field {
    Field { label, flag, hint, form, get }
}

const TYPES: Form = Form::Choice(&["base", "p", "c", "f", "b", "l"]);
const POLICIES: Form = Form::Choice(&["", "fail_fast", "best_effort"]);

/// Every field, in the order they are asked for.
pub const FIELDS: &[Field] = &[
    field("Name", "name", "the id", Form::Line, |s| s.name.clone()),
    field("Model", "model", "shell, claude-code, codex, gemini, \u{2026}", Form::Line, |s| {
        s.model.to_string()
    }),
    field("Command", "", "program and arguments, run without a shell", Form::Argv, |s| argv(&s.command)),
    field("Working dir", "cwd", "the project root", Form::Line, |s| opt(&s.cwd)),
    field("Depends on", "depends-on", "ids of steps and gates", Form::Ids, |s| joined(&s.depends_on, ", ")),
    field("Environment", "env", "NAME=VALUE, one a line", Form::Lines, |s| {
        s.env.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("\n")
    }),
    field("Time limit, ms", "timeout", "as the policy says", Form::Line, |s| opt(&s.timeout_ms)),
    field("Retries", "retry", "none", Form::Line, |s| opt(&s.retry.map(|r| r.max))),
    field("Retry after, ms", "retry-backoff", "1000, doubles each time", Form::Line, |s| {
        opt(&s.retry.map(|r| r.backoff_ms))
    }),
    field("Condition", "when", "always", Form::Line, |s| opt(&s.when)),
    field("Needs review", "review", "success waits for you", Form::Switch, |s| s.review.to_string()),
    field("Artifacts", "artifact", "globs below its folder, one a line", Form::Lines, |s| {
        s.artifacts.join("\n")
    }),
    field("Lane", "lane", "row in the window", Form::Line, |s| opt(&s.lane)),
    field("Role", "role", "what it is in the team", Form::Line, |s| opt(&s.role)),
    field("Type", "type", "base", TYPES, |s| s.kind.to_string()),
    field("Group", "group", "none", Form::Line, |s| opt(&s.group_id)),
    field("When one fails", "fail-policy", "as its group says", POLICIES, |s| opt(&s.fail_policy)),
    field("Orchestrator", "orchestrator", "may add and run steps of its own", Form::Switch, |s| {
        s.orchestrator.to_string()
    }),
    field("Watches", "watchdog-for", "a step, while that runs", Form::Line, |s| opt(&s.watchdog_for)),
    field("Looks every, ms", "watchdog-interval", "30000", Form::Line, |s| opt(&s.watchdog_interval_ms)),
    field("Budget, USD", "budget-usd", "none", Form::Line, |s| opt(&s.budget.and_then(|b| b.usd))),
    field("Budget, tokens", "budget-tokens", "none", Form::Line, |s| opt(&s.budget.and_then(|b| b.tokens))),
    field("Own worktree", "worktree", "a git worktree of its own", Form::Switch, |s| s.worktree.to_string()),
    field("Keep its diff", "diff", "what it changed, as a patch", Form::Switch, |s| s.diff.to_string()),
    field("Terminal", "interactive", "it gets a terminal", Form::Switch, |s| s.interactive.to_string()),
];

impl Field {
    /// The words of a line that set this field to what was typed. An empty value clears.
    pub fn words(&self, text: &str) -> String {
        let flag = self.flag;
        let text = text.trim();
        match self.form {
            Form::Argv => format!(" -- {text}"),
            Form::Switch => format!(" --{flag}={text}"),
            Form::Ids => format!(" --{flag}={}", word(&list(text))),
            Form::Lines => {
                let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
                lines.fold(format!(" --{flag}="), |all, line| all + &format!(" --{flag}={}", word(line)))
            }
            Form::Line | Form::Choice(_) => format!(" --{flag}={}", word(text)),
        }
    }
}

/// Words as they would be typed.
pub fn argv(words: &[String]) -> String {
    words.iter().map(|w| word(w)).collect::<Vec<_>>().join(" ")
}

/// Ids in a row.
pub fn joined<T: ToString>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn opt<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::read;
    use crate::link::Wish;
    use threados_core::action::{Action, Patch};
    use threados_core::workspace::Ask;

    fn edit(label: &str, text: &str) -> Action {
        let field = FIELDS.iter().find(|f| f.label == label).unwrap();
        let line = format!("step edit a{}", field.words(text));
        let Wish::Change(request) =
            read(std::slice::from_ref(&line)).unwrap_or_else(|e| panic!("{line}: {e:?}"))
        else {
            panic!("{line}")
        };
        let Ask::Actions(mut actions) = request.ask else { panic!("{line}") };
        actions.remove(0)
    }

    #[test]
    fn every_field_can_be_set_by_its_flag() {
        for (label, text) in [
            ("Name", "A \"new\" name"),
            ("Model", "codex"),
            ("Command", "cargo build --release"),
            ("Depends on", "b, c"),
            ("Time limit, ms", "1000"),
            ("Needs review", "true"),
            ("Type", "l"),
            ("When one fails", "best_effort"),
            ("Budget, USD", "1.5"),
            ("Condition", "{{ steps.a.outputs.x }}"),
        ] {
            let Action::StepEdit(_) = edit(label, text) else { panic!("{label}") };
        }
        for field in FIELDS.iter().filter(|f| matches!(f.form, Form::Line | Form::Ids | Form::Lines)) {
            if !["model"].contains(&field.flag) {
                edit(field.label, "");
            }
        }
    }

    #[test]
    fn several_values_replace_those_before() {
        let Action::StepEdit(a) = edit("Artifacts", "out/*.html\n -x\n") else { panic!() };
        assert_eq!(a.fields.artifact.len(), 3);
        assert_eq!(a.fields.artifact[0], Patch::Clear);
        let Action::StepEdit(a) = edit("Environment", "A=1\nB=two words") else { panic!() };
        assert_eq!(a.fields.env.len(), 3);
        let Action::StepEdit(a) = edit("Depends on", "") else { panic!() };
        assert_eq!(a.fields.depends_on, [Patch::Clear]);
    }
}
