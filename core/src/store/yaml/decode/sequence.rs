//! The keys of a sequence file.

use super::budget::budgets;
use super::gate::gate;
use super::policy::{globs, regexes};
use super::step::{MAX_FANOUT, step};
use super::{Decoder, Field};
use crate::id::StepId;
use crate::join::{is_at_hand, join};
use crate::model::{Metadata, Mode, Sequence, SequencePolicy, Step, Steps};
use crate::store::yaml::fault::Faults;
use crate::store::yaml::node::{Kind, Ref};
use crate::store::yaml::output::{StepOutput, Written};

/// A sequence file as it is read.
pub struct Decoded {
    /// The definition.
    pub sequence: Sequence,
    /// What the file records of what happened.
    pub written: Written,
    /// Indices of steps that an older file marks as candidates.
    candidates: Vec<usize>,
    /// Whether there were such steps.
    pub old_forms: bool,
}

impl Decoded {
    fn new() -> Self {
        let (sequence, written) = (Sequence::new(""), Written::default());
        Self { sequence, written, candidates: Vec::new(), old_forms: false }
    }
}

/// The keys of the file in the order in which they are written.
pub const SEQUENCE: &[Field<Decoded>] = &[
    Field::new("version", |d, at, _| {
        d.word(at, &[Sequence::VERSION], |w| matches!(w, Sequence::VERSION | "1").then_some(()));
    }),
    Field::new("name", |d, at, s| s.sequence.name = d.owned(at).unwrap_or_default()),
    Field::new("metadata", |d, at, s| {
        d.map(at, METADATA, &mut s.sequence.metadata, Some(|m| &mut m.extra));
    }),
    Field::new("policy", |d, at, s| {
        let mut policy = SequencePolicy::default();
        d.map(at, SEQUENCE_POLICY, &mut policy, None);
        s.sequence.policy = Some(policy);
    }),
    Field::new("budget", |d, at, s| s.sequence.budgets = budgets(d, at)),
    Field::new("steps", |d, at, s| {
        if !d.head_only {
            let steps = steps(d, at);
            s.sequence.steps = steps.steps;
            s.written.steps = steps.outputs;
            s.candidates = steps.candidates;
        }
    }),
    Field::new("gates", |d, at, s| {
        if d.head_only {
            return;
        }
        let mut index = 0;
        d.list(at, |d, at| {
            index += 1;
            let draft = gate(d, at, index - 1)?;
            s.sequence.gates.push(draft.gate);
            s.written.gates.push(draft.output);
            Some(())
        });
    }),
];

/// The keys of `metadata`.
pub const METADATA: &[Field<Metadata>] = &[
    Field::new("created_at", |d, at, m| m.created_at = d.time(at)),
    Field::new("updated_at", |d, at, m| m.updated_at = d.time(at)),
    Field::new("created_by", |d, at, m| m.created_by = d.owned(at)),
    Field::old("author", |d, at, m| {
        let author = d.owned(at);
        m.created_by = m.created_by.take().or(author);
    }),
    Field::new("description", |d, at, m| m.description = d.owned(at)),
];

/// The keys of `policy` in a sequence file.
pub const SEQUENCE_POLICY: &[Field<SequencePolicy>] = &[
    Field::new("mode", |d, at, p| p.mode = mode(d, at)),
    Field::new("max_fanout", |d, at, p| p.max_fanout = d.small(at, 1..=MAX_FANOUT)),
    Field::new("max_concurrent", |d, at, p| p.max_concurrent = d.small(at, 1..=1000)),
    Field::new("allowed_commands", |d, at, p| p.allowed_commands = d.texts(at)),
    Field::new("allowed_cwd", |d, at, p| p.allowed_cwd = globs(d, at)),
    Field::new("forbidden_patterns", |d, at, p| p.forbidden_patterns = regexes(d, at)),
];

/// From so many steps on it takes milliseconds to read them.
const MANY: usize = 1000;

/// Steps as they are read.
#[derive(Default)]
struct Read {
    steps: Steps,
    outputs: Vec<StepOutput>,
    /// Indices of those that an older file marks as candidates.
    candidates: Vec<usize>,
}

/// All steps. Of many, a second thread reads those that this one has not come to.
fn steps(d: &mut Decoder<'_>, at: Ref) -> Read {
    if !d.expect_list(at) {
        return Read::default();
    }
    let items: Vec<Ref> = d.tree.items(at).collect();
    halves(d, &items, 0, true)
}

/// Items that stand from place `first` on.
fn halves(d: &mut Decoder<'_>, items: &[Ref], first: usize, whole: bool) -> Read {
    if items.len() < MANY || !(whole || is_at_hand()) {
        return steps_at(d, items, first);
    }
    let middle = items.len() / 2;
    let (own, others) = items.split_at(middle);
    let beside = d.beside();
    let rest = || {
        let mut faults = Faults::default();
        let read = halves(&mut beside.decoder(&mut faults), others, first + middle, false);
        (read, faults)
    };
    let ((rest, faults), mut all) = join(true, rest, || halves(d, own, first, false));
    d.faults.append(faults);
    all.candidates.extend(rest.candidates.iter().map(|index| index + all.steps.len()));
    all.steps.append(rest.steps);
    all.outputs.extend(rest.outputs);
    all
}

fn steps_at(d: &mut Decoder<'_>, items: &[Ref], first: usize) -> Read {
    let mut index = first;
    let mut read = Read::default();
    read.steps.reserve_exact(items.len());
    read.outputs.reserve_exact(items.len());
    d.each((first..).zip(items.iter().copied()), |d, at| {
        index += 1;
        let Some(draft) = step(d, at, index - 1) else { return };
        if draft.candidate {
            read.candidates.push(read.steps.len());
        }
        read.steps.push(draft.step);
        read.outputs.push(draft.output);
    });
    read
}

/// SAFE or POWER.
pub(super) fn mode(d: &mut Decoder<'_>, at: Ref) -> Option<Mode> {
    d.word(at, &["SAFE", "POWER"], |word| match word {
        "SAFE" => Some(Mode::Safe),
        "POWER" => Some(Mode::Power),
        _ => None,
    })
}

/// Reads a whole sequence file.
pub fn sequence(d: &mut Decoder<'_>) -> Decoded {
    let root = d.tree.root();
    let mut out = Decoded::new();
    if d.tree.kind(root) == Kind::Empty {
        d.fault(root, "MISSING_KEY", "the file is empty", "write at least `name:` and `steps:`");
        return out;
    }
    d.map(root, SEQUENCE, &mut out, Some(|s| &mut s.sequence.extra));
    if d.tree.kind(root).is_map() && d.tree.entry(root, "name").is_none_or(|(_, name)| d.is_null(name)) {
        d.fault(root, "MISSING_KEY", "`name` is missing", "add `name: …` at the top");
    }
    out.old_forms = !out.candidates.is_empty();
    for index in std::mem::take(&mut out.candidates) {
        attach(&mut out.sequence.steps, index);
    }
    out
}

/// Reads what stands at the top of a sequence file, without its steps and gates.
pub fn head(d: &mut Decoder<'_>) -> Sequence {
    d.head_only = true;
    let head = sequence(d).sequence;
    d.head_only = false;
    head
}

/// Adds a candidate that only says so itself to the one synth step that depends on it.
fn attach(steps: &mut Steps, candidate: usize) {
    let id: StepId = steps[candidate].id.clone();
    let follows = |s: &Step| s.depends_on.iter().any(|d| d.as_str() == id.as_str());
    let mut synths: Vec<_> = steps.iter_mut_where(follows).collect();
    if synths.iter().any(|s| s.fusion_synth) {
        synths.retain(|s| s.fusion_synth);
    }
    if let [synth] = &mut synths[..]
        && !synth.fusion_candidates.contains(&id)
    {
        synth.fusion_synth = true;
        synth.fusion_candidates.push(id);
    }
}
