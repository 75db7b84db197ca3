//! For the terminal: a listing in layers. What stands in one layer may run side by side.

use std::fmt::Write as _;

use super::{Scene, Tone};
use crate::dag::{Node, Statuses};
use crate::model::Sequence;

/// Longest id and longest state that still decide the width of their columns.
const WIDEST: (usize, usize) = (32, 48);

/// The sequence in layers from the first steps to the last, one line a step or gate: mark, id, how it stands,
/// what it comes after. Plain text without colours; every line ends in `\n`.
pub fn text(sequence: &Sequence, statuses: &Statuses) -> String {
    let scene = Scene::new(sequence, statuses);
    let mut out = headline(&scene);
    let levels = scene.dag.levels();
    let depth = levels.iter().flatten().max().map_or(0, |level| level + 1);
    let columns = Columns::new(&scene);
    let layers = (0..depth).map(Some).chain(std::iter::once(None));
    for level in layers {
        let nodes: Vec<Node> =
            scene.dag.nodes().filter(|n| levels[n.index()] == level && !hangs(&scene, *n)).collect();
        if !nodes.is_empty() {
            let title = level.map_or("?".to_owned(), |l| (l + 1).to_string());
            layer(&mut out, &scene, &columns, &title, &nodes);
        }
    }
    out
}

/// Whether a node is shown below the step it watches.
fn hangs(scene: &Scene<'_>, node: Node) -> bool {
    let target = scene.dag.watched(node).and_then(|id| scene.dag.find(id.as_str()));
    target.is_some_and(|t| !scene.dag.is_watchdog(t))
}

struct Columns {
    id: usize,
    says: usize,
}

impl Columns {
    fn new(scene: &Scene<'_>) -> Self {
        let ids = scene.shown.iter().map(|s| s.id.len()).max().unwrap_or(0);
        let says = scene.shown.iter().map(|s| s.says.chars().count()).max().unwrap_or(0);
        Self { id: ids.min(WIDEST.0), says: says.min(WIDEST.1) }
    }
}

fn headline(scene: &Scene<'_>) -> String {
    let (steps, gates) = (scene.sequence.steps.len(), scene.sequence.gates.len());
    let mut out = format!("{}: {}", line(&scene.sequence.name), counted(steps, "step"));
    if gates > 0 {
        let _ = write!(out, ", {}", counted(gates, "gate"));
    }
    let words = [
        (Tone::Review, "for you"),
        (Tone::Failed, "failed"),
        (Tone::Running, "running"),
        (Tone::Ready, "ready"),
        (Tone::Blocked, "waiting"),
        (Tone::Done, "done"),
    ];
    for (tone, word) in words {
        let n = scene.shown.iter().filter(|s| s.tone == tone).count();
        if n > 0 {
            let _ = write!(out, " · {n} {word}");
        }
    }
    out.push('\n');
    out
}

fn layer(out: &mut String, scene: &Scene<'_>, columns: &Columns, title: &str, nodes: &[Node]) {
    out.push('\n');
    let mut title = title;
    let mut listed = vec![false; nodes.len()];
    for i in 0..nodes.len() {
        if std::mem::replace(&mut listed[i], true) {
            continue;
        }
        let Some(group) = scene.dag.group(nodes[i]) else {
            node_lines(out, scene, columns, std::mem::take(&mut title), "", nodes[i]);
            continue;
        };
        let here: Vec<usize> = (i..nodes.len()).filter(|k| group.members.contains(&nodes[*k])).collect();
        let workers = counted(group.members.len(), "worker");
        let _ = writeln!(out, "{:>3}  ┌ {} · {workers} · {}", title, group.id, group.policy);
        title = "";
        for (n, k) in here.iter().enumerate() {
            listed[*k] = true;
            let rail = if n + 1 == here.len() { "└ " } else { "│ " };
            node_lines(out, scene, columns, "", rail, nodes[*k]);
        }
    }
}

fn node_lines(out: &mut String, scene: &Scene<'_>, columns: &Columns, title: &str, rail: &str, node: Node) {
    let shown = scene.shown(node);
    let after: Vec<&str> = scene.dag.predecessors(node).iter().map(|n| scene.dag.id(*n).as_str()).collect();
    let width = columns.id + 2 - rail.chars().count();
    let mark = mark(shown.tone, scene.dag.is_gate(node));
    let mut text = format!("{title:>3}  {rail}{mark} {:width$}  {}", shown.id, line(&shown.says));
    if !after.is_empty() {
        let used = 5 + rail.chars().count() + 2 + width.max(shown.id.len()) + 2;
        let goal = used + columns.says;
        let pad = goal.saturating_sub(text.chars().count());
        let _ = write!(text, "{:pad$}  ← {}", "", after.join(", "));
    }
    let _ = writeln!(out, "{}", text.trim_end());
    for watchdog in scene.dag.nodes().take(scene.dag.step_count()) {
        let watches = scene.dag.watched(watchdog).is_some_and(|id| id == scene.dag.id(node));
        if watches && hangs(scene, watchdog) {
            let shown = scene.shown(watchdog);
            let _ = writeln!(out, "     {rail}╰ {:width$}  {}", shown.id, line(&shown.says));
        }
    }
}

fn mark(tone: Tone, gate: bool) -> char {
    match (gate, tone) {
        (true, Tone::Done) => '◆',
        (true, Tone::Failed) => '◈',
        (true, _) => '◇',
        (false, Tone::Ready) => '○',
        (false, Tone::Running) => '●',
        (false, Tone::Review) => '?',
        (false, Tone::Done) => '✓',
        (false, Tone::Failed) => '✗',
        (false, Tone::Blocked) => '·',
    }
}

/// A number with what it counts, in the singular or plural.
pub(crate) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// One line of a text that may hold anything: control characters never reach a terminal.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::release;

    #[test]
    fn the_listing_goes_layer_by_layer() {
        let (seq, statuses) = release();
        let expected = "\
test: 7 steps, 2 gates · 1 failed · 1 running · 1 ready · 4 waiting · 2 done

  1  ✓ plan      done
     ○ docs      ready

  2  ◆ review    approved                             ← plan

  3  ┌ team · 2 workers · best_effort
     │ ● api     running                              ← review
     └ ✗ ui      failed: exit code 1                  ← review

  4  · merge     waits for api, ui (failed)           ← api, ui
     ╰ watch     watchdog of merge

  5  ◇ ok        waits for merge                      ← merge

  6  · ship      blocked by gate ok; waits for merge  ← merge, ok
";
        assert_eq!(text(&seq, &statuses), expected);
    }

    #[test]
    fn control_characters_stay_out_of_the_terminal() {
        let mut seq = Sequence::new("a\u{1b}[31mb");
        seq.gates.clear();
        assert_eq!(text(&seq, &Statuses::default()), "a [31mb: 0 steps\n");
    }
}
