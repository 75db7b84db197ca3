//! A terminal of forty columns: what is shown there fits it.

use std::collections::BTreeSet;

use crate::support::Project;
use crate::terminal_kit::{Kind, Terminal};

const COLUMNS: u16 = 40;

/// What a command shows, line by line.
#[track_caller]
fn shown(p: &Project, line: &str) -> Vec<String> {
    let seqctl = p.command(&[]).get_program().to_string_lossy().into_owned();
    let terminal = Terminal::open(Kind::Own, p, &format!("read go; {seqctl} {line}; echo over")).unwrap();
    terminal.resize(COLUMNS, 200);
    terminal.write("\n");
    terminal.wait_for("over");
    let screen = terminal.screen();
    let lines = screen.lines().map(|line| line.trim_end().to_owned()).skip_while(String::is_empty);
    lines.take_while(|line| line != "over").collect()
}

#[test]
fn tables_leave_out_what_can_be_spared() {
    let p = Project::new();
    p.ok("step add build-everything -- true");
    p.ok("step add test --depends-on build-everything -- git log --oneline --graph --all");
    p.ok("run step build-everything");
    let status = shown(&p, "status");
    let row = |id: &str| status.iter().find(|line| line.contains(id)).unwrap();
    assert!(row("build-everything").contains("DONE"), "{status:#?}");
    assert!(row("test").contains("READY"), "{status:#?}");
    // A name, the titles, a row a step, the summary.
    assert_eq!(status.len(), 5, "{status:#?}");
    let runs = shown(&p, "runs list");
    assert_eq!(runs.len(), 2, "{runs:#?}");
    assert!(runs[1].contains("done") && runs[1].ends_with("1 done"), "{runs:#?}");
}

#[test]
fn help_breaks_its_lines_between_words() {
    let p = Project::new();
    for line in ["--help", "step --help", "step add --help", "run all --help"] {
        let whole = p.ok(line);
        let known: BTreeSet<&str> = whole.split_whitespace().collect();
        // How it is used stands in one line, as long as it is.
        let shown = shown(&p, line).join("\n");
        let (before, usage) = shown.split_once("Usage:").unwrap();
        let (_, after) = usage.split_once("\n\n").unwrap();
        for word in before.split_whitespace().chain(after.split_whitespace()) {
            assert!(known.contains(word), "{line}: `{word}` is no word of it:\n{shown}");
        }
    }
}
