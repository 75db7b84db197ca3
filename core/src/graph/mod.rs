//! Pictures of a sequence as text: for the terminal, Graphviz, Mermaid and the browser. Pure functions.

mod dot;
mod mermaid;
mod svg;
mod text;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
pub(crate) use text::counted;
pub use text::text;

use crate::dag::{Dag, GateView, Node, Statuses, StepView};
use crate::model::{GateStatus, Sequence, StepStatus};

/// What a picture says about a node beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Ready,
    Running,
    Review,
    Done,
    Failed,
    Blocked,
}

impl Tone {
    const ALL: [Self; 6] =
        [Self::Ready, Self::Running, Self::Review, Self::Done, Self::Failed, Self::Blocked];

    /// The word that names the tone in a picture's own classes.
    fn class(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Review => "review",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }

    fn of_step(view: &StepView) -> Self {
        match view.status {
            StepStatus::Ready => Self::Ready,
            StepStatus::Running => Self::Running,
            StepStatus::NeedsReview => Self::Review,
            StepStatus::Done => Self::Done,
            StepStatus::Failed => Self::Failed,
            StepStatus::Blocked => Self::Blocked,
        }
    }

    /// A gate that is due is a person's to decide; one that is not due only waits.
    fn of_gate(view: &GateView) -> Self {
        match view.status {
            GateStatus::Approved => Self::Done,
            GateStatus::Blocked => Self::Failed,
            GateStatus::Pending if view.due => Self::Review,
            GateStatus::Pending => Self::Blocked,
        }
    }
}

/// A node as the pictures show it.
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    tone: Tone,
    /// The status in words, with its reason: `failed: exit code 1`, `waits for build`.
    says: String,
}

/// Everything the pictures have in common.
struct Scene<'a> {
    sequence: &'a Sequence,
    dag: Dag,
    shown: Vec<Shown<'a>>,
}

impl<'a> Scene<'a> {
    fn new(sequence: &'a Sequence, statuses: &Statuses) -> Self {
        let steps = sequence.steps.iter().zip(&statuses.steps).map(|(step, view)| Shown {
            id: step.id.as_str(),
            name: &step.name,
            tone: Tone::of_step(view),
            says: says(Tone::of_step(view), step_word(view.status), view.reason.as_deref()),
        });
        let gates = sequence.gates.iter().zip(&statuses.gates).map(|(gate, view)| Shown {
            id: gate.id.as_str(),
            name: &gate.name,
            tone: Tone::of_gate(view),
            says: says(Tone::of_gate(view), gate_word(view), view.reason.as_deref()),
        });
        Self { sequence, dag: Dag::new(sequence), shown: steps.chain(gates).collect() }
    }

    fn shown(&self, node: Node) -> &Shown<'a> {
        &self.shown[node.index()]
    }
}

/// What waits says for what; everything else says what it is, then why.
fn says(tone: Tone, word: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) if tone == Tone::Blocked => reason.to_owned(),
        Some(reason) if tone == Tone::Review && word == "needs you" => match reason {
            "needs a decision" => word.to_owned(),
            reason => format!("{word}: {reason}"),
        },
        Some(reason) => format!("{word}: {reason}"),
        None => word.to_owned(),
    }
}

fn step_word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Ready => "ready",
        StepStatus::Running => "running",
        StepStatus::NeedsReview => "needs review",
        StepStatus::Done => "done",
        StepStatus::Failed => "failed",
        StepStatus::Blocked => "blocked",
    }
}

fn gate_word(view: &GateView) -> &'static str {
    match view.status {
        GateStatus::Approved => "approved",
        GateStatus::Blocked => "blocked",
        GateStatus::Pending if view.due => "needs you",
        GateStatus::Pending => "pending",
    }
}

#[cfg(test)]
mod testing {
    use crate::dag::Statuses;
    use crate::dag::testing::{sequence, state};
    use crate::model::{FailPolicy, Sequence};

    /// A release with a gate, a group, a watchdog and names that need escaping.
    pub fn release() -> (Sequence, Statuses) {
        let mut seq = sequence(
            "plan; api: review; ui: review; docs; merge: api ui; watch; ship: merge ok; gate review: plan; gate ok: merge",
        );
        seq.steps[0].name = "Plan <the> \"release\" & more".into();
        for step in seq.steps.iter_mut().take(3).skip(1) {
            step.group_id = Some("team".parse().unwrap());
            step.fail_policy = Some(FailPolicy::BestEffort);
        }
        seq.steps[5].watchdog_for = Some("merge".parse().unwrap());
        let mut now = state("plan=done review=approved api=running ui=failed");
        now.steps.get_mut("ui").unwrap().reason = Some("exit code 1".into());
        let statuses = Statuses::of(&seq, &now);
        (seq, statuses)
    }
}
