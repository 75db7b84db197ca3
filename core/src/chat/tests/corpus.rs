//! Sentences with what they are to come to, for tests.

use crate::action::{Edit, PromptSource};
use crate::chat::{Scene, Understood, understand};
use crate::grammar::{Command, parse_line, to_line};
use crate::id::StepId;
use crate::model::{Actor, Fact, Mode, Phase, Sequence, State, StepFact};
use crate::workspace::Templates;

struct NoPrompts;

impl PromptSource for NoPrompts {
    fn prompt(&self, _: &str) -> Option<String> {
        None
    }
}

/// A sentence, the sequence it is said about, and what is wanted.
#[derive(Debug, Clone)]
pub struct Case {
    /// The lines that make the sequence.
    pub scene: Vec<String>,
    /// What was spoken of before.
    pub focus: Vec<String>,
    /// The sentence.
    pub said: String,
    /// The lines it is to come to; `?` alone: not understood; `= TEXT`: an answer that holds the text.
    pub want: Vec<String>,
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// As wanted.
    Right,
    /// Nothing is proposed, though it could be understood.
    NotUnderstood,
    /// Something else is proposed, or an answer is another.
    Wrong,
}

impl Case {
    /// Reads the sentence.
    pub fn run(&self) -> Understood {
        let state = State::default();
        let mut edit = Edit::new(Sequence::new("corpus"), state, Actor::User, chrono::Utc::now(), &NoPrompts);
        for line in &self.scene {
            match line.split_once(" is ") {
                Some((id, phase)) => {
                    edit.tell(Fact::Step(StepFact::new(StepId::new(id).unwrap(), phase_of(phase))))
                }
                None => match parse_line(line).unwrap() {
                    Command::Change(action) => action.apply(&mut edit).unwrap(),
                    Command::Control(_) => panic!("{line} is no change"),
                },
            }
        }
        let models = ["shell", "claude-code", "codex", "gemini"].map(str::to_owned);
        // As a new project allows them, and one more.
        let programs = ["claude", "codex", "gemini", "bun", "npm", "npx", "node", "git", "tsc", "cargo"];
        let programs = programs.map(str::to_owned);
        let scene = Scene {
            sequence: &edit.sequence,
            state: &edit.state,
            models: &models,
            programs: &programs,
            mode: Some(Mode::Safe),
            focus: &self.focus,
        };
        understand(&scene, &self.said)
    }

    /// Whether it came out as wanted.
    pub fn judge(&self, got: &Understood) -> Judged {
        let lines: Vec<String> =
            got.lines.iter().map(|l| l.trim_start_matches("seqctl ").to_owned()).collect();
        let answer = self.want.first().and_then(|w| w.strip_prefix("= "));
        let right = match (self.want.as_slice(), answer) {
            ([only], None) if only == "?" => lines.is_empty() && !got.misses.is_empty(),
            (_, Some(text)) => {
                lines.is_empty() && got.misses.is_empty() && got.answers.join("\n").contains(text)
            }
            (want, None) => {
                got.misses.is_empty()
                    && got.lines == want.iter().flat_map(|l| canonical(l)).collect::<Vec<_>>()
            }
        };
        match right {
            true => Judged::Right,
            false if lines.is_empty() && !got.misses.is_empty() => Judged::NotUnderstood,
            false => Judged::Wrong,
        }
    }
}

fn canonical(line: &str) -> Vec<String> {
    if let Some(thread) = line.strip_prefix("template apply ") {
        return of_template(thread);
    }
    if matches!(line, "undo" | "redo") {
        vec![format!("seqctl {line}")]
    } else {
        vec![parse_line(line).map_or_else(|e| format!("{line}: {e}"), |c| to_line(&c))]
    }
}

/// The lines that a template stands for: `NAME [--id ID] --set NAME=VALUE …`.
fn of_template(line: &str) -> Vec<String> {
    let said = shlex::split(line).unwrap();
    let all = Templates::built_in();
    let template = all.find(&said[0]).unwrap().template().unwrap();
    let behind = |flag: &'static str| said.windows(2).filter(move |w| w[0] == flag).map(|w| w[1].as_str());
    let pairs = behind("--set").map(|pair| pair.split_once('=').unwrap());
    let set: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let id = behind("--id").next().unwrap_or(template.default_id());
    let actions = template.actions(&template.values(&set).unwrap(), id).unwrap();
    actions.into_iter().map(|action| to_line(&Command::Change(action))).collect()
}

fn phase_of(word: &str) -> Phase {
    match word {
        "done" => Phase::Done,
        "failed" => Phase::Failed,
        "running" => Phase::Running,
        "review" | "needs_review" => Phase::NeedsReview,
        _ => panic!("no phase {word}"),
    }
}

/// Reads a corpus: `# scene NAME` and its lines; then sentences, each with its lines below it, indented. `(a, b)` before
/// a sentence says what was spoken of.
pub fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut scene: Vec<String> = Vec::new();
    let mut in_scene = false;
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("//")) {
        if line.starts_with("# scene") {
            scene.clear();
            in_scene = true;
        } else if line.starts_with("# say") {
            in_scene = false;
        } else if in_scene {
            scene.push(line.trim().to_owned());
        } else if let Some(want) = line.strip_prefix("    ") {
            cases.last_mut().unwrap().want.push(want.trim().to_owned());
        } else {
            let (focus, said) = match line.strip_prefix('(').and_then(|l| l.split_once(") ")) {
                Some((focus, said)) => (focus.split(", ").map(str::to_owned).collect(), said),
                None => (Vec::new(), line),
            };
            cases.push(Case { scene: scene.clone(), focus, said: said.to_owned(), want: Vec::new() });
        }
    }
    cases
}
