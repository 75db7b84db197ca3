//! For Graphviz.

use std::fmt::Write as _;

use super::{Scene, Tone};
use crate::dag::{Node, Statuses};
use crate::model::Sequence;

/// The sequence as a Graphviz `digraph`, left to right, coloured by status, groups as clusters.
pub fn dot(sequence: &Sequence, statuses: &Statuses) -> String {
    let scene = Scene::new(sequence, statuses);
    let mut out = format!("digraph {} {{\n", quoted(&sequence.name));
    out.push_str("  rankdir=LR;\n");
    out.push_str("  node [shape=box, style=rounded, fontname=\"Inter, sans-serif\", fontsize=11];\n");
    out.push_str("  edge [arrowsize=0.7];\n");
    for node in scene.dag.nodes().filter(|n| scene.dag.group(*n).is_none()) {
        declare(&mut out, &scene, node, "  ");
    }
    for (i, group) in scene.dag.groups().iter().enumerate() {
        let label = quoted(&format!("{} · {}", group.id, group.policy));
        let _ = writeln!(out, "  subgraph cluster_{i} {{\n    label={label}; style=dashed;");
        group.members.iter().for_each(|n| declare(&mut out, &scene, *n, "    "));
        out.push_str("  }\n");
    }
    for node in scene.dag.nodes() {
        for after in scene.dag.successors(node) {
            let (from, to) = (scene.shown(node), scene.shown(*after));
            let color = color(from.tone);
            let _ = writeln!(out, "  {} -> {} [color=\"{color}\"];", quoted(from.id), quoted(to.id));
        }
        if let Some(target) = scene.dag.watched(node) {
            let (from, to) = (quoted(target.as_str()), quoted(scene.shown(node).id));
            let _ = writeln!(out, "  {from} -> {to} [style=dotted, arrowhead=none, constraint=false];");
        }
    }
    out.push_str("}\n");
    out
}

fn declare(out: &mut String, scene: &Scene<'_>, node: Node, indent: &str) {
    let shown = scene.shown(node);
    let shape = if scene.dag.is_gate(node) { ", shape=diamond, style=\"\"" } else { "" };
    // `\n` is Graphviz's own line break, so it is added after the escaping.
    let label = format!("{}\\n{}", escaped(shown.name), escaped(&shown.says));
    let (id, color) = (quoted(shown.id), color(shown.tone));
    let _ = writeln!(out, "{indent}{id} [label=\"{label}\", color=\"{color}\"{shape}];");
}

fn color(tone: Tone) -> &'static str {
    super::svg::mark_colors(tone).0
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::release;

    #[test]
    fn nodes_groups_edges_and_watchdogs_are_named() {
        let (seq, statuses) = release();
        let dot = dot(&seq, &statuses);
        for line in [
            "digraph \"test\" {",
            r##"  "plan" [label="Plan <the> \"release\" & more\ndone", color="#1F8F55"];"##,
            r##"  "ok" [label="ok\nwaits for merge", color="#7C8594", shape=diamond, style=""];"##,
            "    label=\"team · best_effort\"; style=dashed;",
            r##"  "ui" -> "merge" [color="#D23B3B"];"##,
            r#"  "merge" -> "watch" [style=dotted, arrowhead=none, constraint=false];"#,
        ] {
            assert!(dot.lines().any(|l| l == line), "{line}\n{dot}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\\\" ];\n"), r#""a\\\" ]; ""#);
    }
}
