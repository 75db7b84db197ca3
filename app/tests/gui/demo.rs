//! The demo, as `threados --demo` opens it.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use threados::Shell;
use threados_core::model::{GateStatus, Phase};

use crate::project::Project;
use crate::shell::{Hand, wait, whole};

#[test]
fn the_demo_runs_by_itself_to_its_gate_and_after_a_yes_to_its_end() {
    let p = Project::demo();
    let engine = p.engine();
    let shell = Shell::open(p.workspace.clone(), Box::new(move |_| Ok(engine.clone())), Arc::new(|| {}));
    let mut shell = shell.unwrap();
    shell.window().unwrap().run_all();
    let mut hand = Hand::new(whole(shell, [1600.0, 1000.0]));
    let state = || p.workspace.snapshot().unwrap().state;
    wait(&mut hand.whole, "what needs a person", |w| w.query_by_label("1 needs you").is_some());
    assert_eq!((state().phase("test"), state().phase("publish")), (Phase::Done, Phase::Idle));
    hand.click("1 needs you");
    hand.click("Approve");
    wait(&mut hand.whole, "the yes", |_| state().gate_status("review") == GateStatus::Approved);
    hand.click("Run all");
    wait(&mut hand.whole, "the end", |_| state().phase("publish") == Phase::Done);
    assert!(p.path("published/product.txt").is_file());
    let failed = |(id, s): (_, &threados_core::model::StepState)| (s.phase == Phase::Failed).then_some(id);
    let failed: Vec<_> = state().steps.iter().filter_map(|(id, s)| failed((id.clone(), s))).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
