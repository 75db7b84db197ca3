//! How far the candidates of a fusion agree.

use std::io::Read as _;
use std::path::Path;

use similar::DiffOp;

use super::core::Engine;
use super::run::Run;
use crate::id::StepId;
use crate::model::Phase;
use crate::store::regular;
use crate::workspace::lines;

/// What is read of each output, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What is compared of all outputs of a fusion together, in words; each has its part.
const MAX_WORDS: usize = 6000;

/// Most candidates that are compared.
const MAX_CANDIDATES: usize = 32;

impl Engine {
    /// The mean over the fusions of a run; `None` where none has two candidates that are DONE in it.
    pub(super) fn agreement(&self, run: &Run) -> Option<f64> {
        let synths = self.world.sequence().steps.iter().filter(|s| s.fusion_synth);
        let fusions = synths.filter_map(|s| {
            let texts: Vec<Vec<String>> =
                s.fusion_candidates.iter().filter_map(|c| self.said(run, c)).collect();
            agreement(&texts)
        });
        super::report::mean(&fusions.collect::<Vec<_>>())
    }

    /// The words of what a candidate came to in this run: its summary, or what it printed.
    fn said(&self, run: &Run, id: &StepId) -> Option<Vec<String>> {
        let state = self.world.state.steps.get(id)?;
        if state.phase != Phase::Done || state.run_id.as_ref() != Some(&run.id) {
            return None;
        }
        let dir = self.workspace().paths.run_step(&run.id, id);
        words(&dir.join("summary.md")).or_else(|| words(&dir.join("stdout.log")))
    }
}

fn words(file: &Path) -> Option<Vec<String>> {
    let mut bytes = Vec::new();
    regular::open(file).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(text.split_whitespace().take(MAX_WORDS / 2).map(str::to_owned).collect())
}

/// The mean similarity of all pairs. Of two texts it is 2·M / (A + B), with A and B their words and M the words they
/// share in the same order (as found by Myers' algorithm): 1 is the same text, 0 has nothing in common.
fn agreement(texts: &[Vec<String>]) -> Option<f64> {
    let texts = &texts[..texts.len().min(MAX_CANDIDATES)];
    let room = MAX_WORDS / texts.len().max(1);
    let cut: Vec<&[String]> = texts.iter().map(|t| &t[..t.len().min(room)]).collect();
    let mut pairs = Vec::new();
    for (i, a) in cut.iter().enumerate() {
        for b in &cut[i + 1..] {
            pairs.push(similarity(a, b));
        }
    }
    super::report::mean(&pairs)
}

fn similarity(a: &[String], b: &[String]) -> f64 {
    let all = a.len() + b.len();
    let shared = |op: &DiffOp| match op {
        DiffOp::Equal { len, .. } => *len,
        _ => 0,
    };
    let [a, b] = [a, b].map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
    let shared: usize = lines::changes(&a, &b, None).iter().map(shared).sum();
    if all == 0 { 1.0 } else { 2.0 * shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<f64> {
        let words = |t: &&str| t.split_whitespace().map(str::to_owned).collect();
        agreement(&texts.iter().map(words).collect::<Vec<_>>())
    }

    #[test]
    fn it_is_the_mean_of_all_pairs() {
        assert_eq!(of(&["a b c", "a b c"]), Some(1.0));
        assert_eq!(of(&["a b", "c d"]), Some(0.0));
        assert_eq!(of(&["a b c d", "a b"]), Some(4.0 / 6.0));
        assert_eq!(of(&["a", "a", "b"]), Some(1.0 / 3.0));
        assert_eq!(of(&["", ""]), Some(1.0));
        assert_eq!((of(&["a"]), of(&[])), (None, None));
    }

    #[test]
    fn large_outputs_take_no_long_time() {
        let text = |salt: usize| (0..50_000).map(|i| format!("{} ", i * salt % 977)).collect::<String>();
        let texts: Vec<String> = (1..=10).map(text).collect();
        let start = std::time::Instant::now();
        assert!(of(&texts.iter().map(String::as_str).collect::<Vec<_>>()).is_some());
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
