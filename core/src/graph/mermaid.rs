//! For Mermaid: renders in Markdown on the usual forges.

use std::fmt::Write as _;

use super::{Scene, Tone};
use crate::dag::{Node, Statuses};
use crate::model::Sequence;

/// The sequence as a Mermaid `flowchart LR`, coloured by status, groups as subgraphs.
pub fn mermaid(sequence: &Sequence, statuses: &Statuses) -> String {
    let scene = Scene::new(sequence, statuses);
    let mut out = String::from("flowchart LR\n");
    for node in scene.dag.nodes().filter(|n| scene.dag.group(*n).is_none()) {
        declare(&mut out, &scene, node, "  ");
    }
    for (i, group) in scene.dag.groups().iter().enumerate() {
        let _ = writeln!(out, "  subgraph group{i} [\"{} · {}\"]", group.id, group.policy);
        group.members.iter().for_each(|n| declare(&mut out, &scene, *n, "    "));
        out.push_str("  end\n");
    }
    for node in scene.dag.nodes() {
        for after in scene.dag.successors(node) {
            let _ = writeln!(out, "  {} --> {}", key(node), key(*after));
        }
        if let Some(target) = scene.dag.watched(node).and_then(|id| scene.dag.find(id.as_str())) {
            let _ = writeln!(out, "  {} -.- {}", key(target), key(node));
        }
    }
    for tone in Tone::ALL {
        let color = super::svg::mark_colors(tone).0;
        let _ = writeln!(out, "  classDef {} stroke:{color},stroke-width:2px", tone.class());
    }
    out
}

fn declare(out: &mut String, scene: &Scene<'_>, node: Node, indent: &str) {
    let shown = scene.shown(node);
    let (open, close) = if scene.dag.is_gate(node) { ("{", "}") } else { ("(", ")") };
    let label = format!("{}<br/>{}", escaped(shown.name), escaped(&shown.says));
    let _ = writeln!(out, "{indent}{}{open}\"{label}\"{close}:::{}", key(node), shown.tone.class());
}

/// A name of our own: ids such as `end` or `graph` are words of Mermaid.
fn key(node: Node) -> String {
    format!("n{}", node.index())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',' | ':' | '(' | ')' | '/') => {
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::release;

    #[test]
    fn nodes_groups_and_edges_are_declared_and_escaped() {
        let (seq, statuses) = release();
        let picture = mermaid(&seq, &statuses);
        for line in [
            "flowchart LR",
            "  n0(\"Plan #60;the#62; #34;release#34; #38; more<br/>done\"):::done",
            "  n8{\"ok<br/>waits for merge\"}:::blocked",
            "  subgraph group0 [\"team · best_effort\"]",
            "    n2(\"ui<br/>failed: exit code 1\"):::failed",
            "  n2 --> n4",
            "  n4 -.- n5",
            "  classDef failed stroke:#D23B3B,stroke-width:2px",
        ] {
            assert!(picture.lines().any(|l| l == line), "{line}\n{picture}");
        }
    }
}
