use super::*;
use crate::log::testing::{Project, ended, started};
use crate::log::{Draft, Entries, Log, fold};
use crate::model::{Actor, Decision, Fact, GateStatus};

fn step(i: usize) -> StepId {
    StepId::new(&name(i)).unwrap()
}

fn name(i: usize) -> String {
    format!("step-{i}")
}

fn run_draft(fact: &Fact) -> Draft {
    let run = RunId::new("20261122T204355Z-7f3a").unwrap();
    Draft::new(Actor::System, "step.end", "x").run(run).facts([fact])
}

/// Starts and ends `range` of steps.
fn work(p: &Project, range: std::ops::Range<usize>) {
    let facts = range.flat_map(|i| {
        let reason = (i % 3 == 0).then_some("exit \"code\" 1");
        [started(&name(i), 1), ended(&name(i), Phase::Failed, reason, 1)]
    });
    let drafts: Vec<Draft> = facts.map(|fact| run_draft(&fact)).collect();
    p.log().append_durable(&p.lock(), &drafts).unwrap();
}

/// What folding every entry comes to.
fn truth(p: &Project) -> State {
    let mut state = State::default();
    Entries::all(&p.paths).for_each(|entry| fold(&mut state, &entry.unwrap()));
    state
}

fn save(p: &Project) -> Loaded {
    let loaded = load_state(&p.paths).unwrap();
    let (position, state) = (loaded.position.clone(), loaded.state.clone());
    Checkpoint { position, state }.save(&p.paths).unwrap();
    loaded
}

#[test]
fn a_checkpoint_reads_back_to_the_nanosecond() {
    let p = Project::new();
    let at = Some(DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::nanoseconds(1_234_567_890_123_456_789));
    let mut state = State::default();
    let full = StepState {
        phase: Phase::NeedsReview,
        reason: Some("r".into()),
        run_id: Some(RunId::new("20261122T204355Z-7f3a").unwrap()),
        attempt: 7,
        started_at: at,
        ended_at: at,
        exit_code: Some(42),
        review_reason: Some("again".into()),
        not_before: at,
    };
    state.steps.insert(step(1), full);
    state.spent.insert(step(3), crate::model::Spent { micro_usd: 230, tokens: 18, unpriced: true });
    state.steps.insert(step(2), StepState::default());
    let decision = at.map(|at| Decision { by: Actor::User, at });
    let gate = GateState { status: GateStatus::Approved, reason: None, decision };
    state.gates.insert(GateId::new("g").unwrap(), gate);
    state.runs.insert(RunId::new("20261122T204355Z-7f3a").unwrap(), serde_json::json!({"run": "all"}));
    state.policy = Some(Digest::of([&b"p"[..]]));
    let checkpoint = Checkpoint { position: Position::origin(), state };
    let _lock = p.lock();
    checkpoint.save(&p.paths).unwrap();
    assert_eq!(Checkpoint::load(&p.paths).unwrap(), Some(checkpoint));
}

#[test]
fn only_what_came_after_the_checkpoint_is_folded() {
    let p = Project::new();
    work(&p, 0..5);
    assert_eq!(save(&p).folded, 10);
    work(&p, 3..6);
    let loaded = load_state(&p.paths).unwrap();
    assert_eq!((loaded.folded, loaded.complete), (6, true));
    assert_eq!(loaded.state, truth(&p));
}

#[test]
fn a_checkpoint_holds_over_rotation() {
    let p = Project::new().rotating_at(2000);
    work(&p, 0..5);
    save(&p);
    for i in 5..12 {
        work(&p, i..i + 1);
    }
    assert!(p.rotated() >= 2);
    let loaded = load_state(&p.paths).unwrap();
    assert_eq!(loaded.state, truth(&p));
    assert!(loaded.folded < 10 + 14, "not all of it again: {}", loaded.folded);
}

#[test]
fn a_cut_or_missing_checkpoint_means_folding_all() {
    let p = Project::new();
    work(&p, 0..5);
    save(&p);
    let bytes = std::fs::read(&p.paths.checkpoint).unwrap();
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&p.paths.checkpoint, &bytes[..cut]).unwrap();
        let loaded = load_state(&p.paths).unwrap();
        assert_eq!((loaded.folded, loaded.state), (10, truth(&p)), "cut at {cut}");
    }
    std::fs::remove_dir_all(&p.paths.state_dir).unwrap();
    assert_eq!(load_state(&p.paths).unwrap().state, truth(&p));
}

#[test]
fn a_checkpoint_of_another_log_is_not_believed() {
    let (p, other) = (Project::new(), Project::new());
    work(&other, 0..9);
    save(&other);
    work(&p, 0..5);
    std::fs::create_dir_all(&p.paths.state_dir).unwrap();
    std::fs::copy(&other.paths.checkpoint, &p.paths.checkpoint).unwrap();
    let loaded = load_state(&p.paths).unwrap();
    assert_eq!((loaded.folded, loaded.state), (10, truth(&p)));
}

#[test]
fn without_a_log_the_checkpoint_is_the_state() {
    let p = Project::new();
    work(&p, 0..5);
    let before = save(&p);
    std::fs::remove_file(&p.paths.audit_log).unwrap();
    assert_eq!(load_state(&p.paths).unwrap().state, before.state);

    // The new log goes on after the entry the checkpoint knows of, and the state with it.
    work(&p, 5..6);
    let loaded = load_state(&p.paths).unwrap();
    assert_eq!(loaded.state.steps.len(), 6);
    assert_eq!(Entries::all(&p.paths).next().unwrap().unwrap().seq, 11);
}

#[test]
fn missing_old_files_are_told() {
    let p = Project::new().rotating_at(1000);
    for i in 0..8 {
        work(&p, i..i + 1);
    }
    assert!(load_state(&p.paths).unwrap().complete);
    std::fs::remove_file(&crate::log::files::rotated(&p.paths).unwrap()[0].path).unwrap();
    assert!(!load_state(&p.paths).unwrap().complete);
}

#[test]
fn a_project_without_anything_has_an_empty_state() {
    let p = Project::new();
    let loaded = load_state(&p.paths).unwrap();
    assert_eq!((loaded.state, loaded.position), (State::default(), Position::origin()));
    let mut log =
        Log::open_at(&p.paths, std::sync::Arc::new(crate::log::unredacted), &Position::origin()).unwrap();
    assert_eq!(p.append(&mut log, "init").unwrap().len(), 1);
}
