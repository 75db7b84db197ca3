//! What somebody who has never seen the window gets done, and how many clicks it takes: the table of app/README.md.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::Shell;
use threados_core::grammar::{Command, parse_line};
use threados_core::model::{GateStatus, Phase};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::{Consent, Request, Workspace};

use crate::project::{end_all, engine};
use crate::shell::{Hand, Whole, wait, whole};

const README: &str = include_str!("../../README.md");

/// Most clicks of anything.
const MOST: usize = 5;

struct Folder(tempfile::TempDir);

impl Drop for Folder {
    fn drop(&mut self) {
        end_all(self.0.path());
    }
}

fn shows(whole: &Whole, words: &str) -> bool {
    whole.query_all_by_label_contains(words).next().is_some()
}

fn line(whole: &Whole, name: &str) -> String {
    let found = whole.query_all_by_label(name).find(|n| n.accesskit_node().role() == Role::TreeItem);
    found.and_then(|n| n.value()).unwrap_or_default()
}

#[test]
fn from_an_empty_folder_to_an_approved_gate_nothing_takes_more_than_five_clicks() {
    let folder = Folder(tempfile::Builder::new().prefix("tos").tempdir().unwrap());
    let root = folder.0.path().join("fresh");
    std::fs::create_dir(&root).unwrap();
    let outside = folder.0.path().to_owned();
    let paths = || Paths::with_outside(&root, &Outside::below(&outside)).unwrap();
    let argv = {
        let outside = outside.clone();
        move |w: &Workspace| Ok(engine(w, &outside))
    };
    let shell = Shell::welcome(paths(), Box::new(argv), Arc::new(|| {}));
    let mut hand = Hand::new(whole(shell, [1440.0, 900.0]));
    let mut table = Vec::new();

    hand.click("New Chained thread");
    hand.click("Create");
    wait(&mut hand.whole, "the thread", |w| !line(w, "Phase 3").is_empty());
    table.push(("Create a project from a template", hand.clicks()));

    // No agent is at hand here: git does the work, and the first step is told something that git does not know.
    let workspace = Workspace::new(paths());
    for (step, command) in [(1, "nonsense"), (2, "--version"), (3, "--version")] {
        let line = format!("step edit chained-{step} --model shell --prompt-text '' -- git {command}");
        let Ok(Command::Change(action)) = parse_line(&line) else { panic!("{line}") };
        workspace.submit(&Request::user(vec![action]), &Consent::Standing).unwrap();
    }
    let state = || workspace.snapshot().unwrap().state;

    hand.click("Run all");
    wait(&mut hand.whole, "the end", |w| line(w, "Phase 1").starts_with("failed"));
    table.push(("Run it", hand.clicks()));

    hand.click("Phase 1");
    wait(&mut hand.whole, "the reason", |w| shows(w, "'nonsense' is not a git command"));
    table.push(("Find why a step failed", hand.clicks()));

    hand.click("Logs");
    wait(&mut hand.whole, "its log", |w| {
        w.query_all_by_label_contains("'nonsense' is not a git command").count() == 2
    });
    table.push(("Read its log", hand.clicks()));

    hand.click("Edit");
    hand.write("Command", Role::TextInput, "git --version");
    hand.click("Save 1 change");
    wait(&mut hand.whole, "the command", |_| {
        workspace.snapshot().unwrap().sequence().step("chained-1").unwrap().command[1] == "--version"
    });
    table.push(("Mend its command", hand.clicks()));

    hand.click("About");
    hand.click("Run from here");
    wait(&mut hand.whole, "the end", |_| state().phase("chained-1") == Phase::Done);
    table.push(("Run again from there", hand.clicks()));

    hand.click("1 needs you");
    hand.click("Approve");
    wait(&mut hand.whole, "the yes", |_| state().gate_status("chained-gate-1") == GateStatus::Approved);
    table.push(("Approve a gate", hand.clicks()));

    for (what, clicks) in &table {
        assert!(*clicks <= MOST, "{what} takes {clicks} clicks");
        let row = README.lines().find(|l| l.starts_with(&format!("| {what} |")));
        let written = row.and_then(|row| row.split('|').nth(2)).map(str::trim);
        assert_eq!(written, Some(clicks.to_string().as_str()), "app/README.md: {what}");
    }
}
