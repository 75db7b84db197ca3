//! The chat: from a sentence to a card to what it says, through the window alone.

use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::link::{Ask, Update};
use threados_core::chat::ChatResponse;
use threados_core::id::Revision;
use threados_core::model::{Actor, Mode};
use threados_core::policy::{Confirmation, Need};
use threados_core::proposal::{Asker, Context, Record, Source, Standing};

use crate::kit::{Screen, Staged, click, click_by_name, line, now, until};
use crate::pictures::{check, release};
use crate::project::Project;

const TWO: &[&str] = &[
    "step add build --name Build -- sh -c 'echo built'",
    "step add ship --name Ship --depends-on build -- sh -c 'echo shipped'",
];

/// Says it by keys alone.
pub fn say(screen: &mut Screen, text: &str) {
    screen.run();
    screen.key_press(Key::Slash);
    screen.run();
    screen.event(egui::Event::Text(text.into()));
    screen.run();
    screen.key_press(Key::Enter);
    screen.run();
}

/// A window on the project of two steps.
fn open(p: &Project) -> (Screen, threados::backend::Backend) {
    let (mut screen, backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Build").is_empty());
    (screen, backend)
}

fn shows(screen: &Screen, words: &str) -> bool {
    screen.query_all_by_label_contains(words).next().is_some()
}

fn has(p: &Project, step: &str) -> bool {
    p.workspace.snapshot().unwrap().sequence().step(step).is_some()
}

#[test]
fn a_sentence_becomes_a_card_and_apply_does_what_it_says() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "add a step check after build");
    until(&mut screen, "the card", |s| s.query_by_label("Apply").is_some());
    assert!(shows(&screen, "step add check") && shows(&screen, "waits for your yes"));
    assert!(!has(&p, "check"), "nothing is done before the yes");
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the step", |s| !line(s, "check").is_empty());
    until(&mut screen, "the end of the card", |s| {
        s.query_by_label("Apply").is_none() && s.query_by_label("applied").is_some()
    });
    click(&mut screen, "Undo");
    click_by_name(&mut screen, "Yes, do it");
    until(&mut screen, "the undo", |_| !has(&p, "check"));
}

#[test]
fn apply_and_run_runs_what_is_there_then() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "rename ship to \"Ship it\"");
    until(&mut screen, "the card", |s| s.query_by_label("Apply & Run").is_some());
    click_by_name(&mut screen, "Apply & Run");
    until(&mut screen, "the run", |s| line(s, "Ship it").starts_with("done"));
}

#[test]
fn discard_leaves_everything_as_it_is_and_says_so() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "add a step check after build");
    click_by_name(&mut screen, "Discard");
    until(&mut screen, "the word", |s| s.query_by_label("discarded").is_some());
    assert!(!has(&p, "check") && screen.query_by_label("Apply").is_none());
    let all = threados_core::proposal::Proposals::new(&p.workspace, &[]).list().unwrap();
    assert_eq!(all[0].standing(chrono::Utc::now()), Standing::Discarded);
}

#[test]
fn what_destroys_work_is_asked_for_twice_in_safe_mode() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "remove ship");
    until(&mut screen, "the card", |s| s.query_by_label("Apply").is_some());
    assert!(shows(&screen, "! step rm ship"));
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the second question", |s| s.query_by_label("Yes, apply").is_some());
    assert!(has(&p, "ship"), "one yes is not enough");
    click_by_name(&mut screen, "Yes, apply");
    until(&mut screen, "the end of the step", |_| !has(&p, "ship"));
}

#[test]
fn power_applies_the_harmless_by_itself_and_asks_before_it_destroys() {
    let p = Project::new(TWO);
    p.does("policy mode POWER");
    assert_eq!(p.workspace.snapshot().unwrap().policy().unwrap().mode, Mode::Power);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "add a step check after build");
    until(&mut screen, "the step", |s| !line(s, "check").is_empty());
    until(&mut screen, "the card", |s| s.query_by_label("applied").is_some());
    assert!(screen.query_by_label("Apply").is_none());
    say(&mut screen, "remove check");
    until(&mut screen, "the question", |s| s.query_by_label("Apply").is_some());
    assert!(has(&p, "check"));
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the end of the step", |_| !has(&p, "check"));
}

#[test]
fn what_is_not_understood_is_said_and_proposes_nothing() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "flurb the gromble");
    until(&mut screen, "the answer", |s| shows(s, "I did not understand"));
    assert!(screen.query_by_label("Apply").is_none());
    let revision = p.workspace.snapshot().unwrap().revision;
    say(&mut screen, "what failed?");
    until(&mut screen, "the answer to a question", |s| s.state().state().talk.turns.len() == 2);
    until(&mut screen, "the answer", |s| !s.state().state().talk.is_thinking());
    assert_eq!(p.workspace.snapshot().unwrap().revision, revision);
}

#[test]
fn it_is_what_was_spoken_of_and_the_last_sentence_comes_back() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    say(&mut screen, "add a step check after build");
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the step", |_| has(&p, "check"));
    say(&mut screen, "rename it to \"Look twice\"");
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the name", |s| !line(s, "Look twice").is_empty());
    screen.key_press(Key::ArrowUp);
    screen.run();
    let field = screen.get_by_label("Say what is to be done");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("rename it to \"Look twice\""));
}

#[test]
fn the_chat_is_hidden_and_a_proposal_of_another_program_opens_it() {
    let p = Project::new(TWO);
    let (mut screen, _backend) = open(&p);
    for (source, card, id) in
        [(Source::Http, "1 change from http", "late"), (Source::Mcp, "1 change from mcp", "later")]
    {
        click(&mut screen, "Hide Chat");
        assert!(screen.query_by_label("Say what is to be done").is_none());
        let asker = Asker { actor: Actor::Orchestrator, source };
        let proposals = threados_core::proposal::Proposals::new(&p.workspace, &[]);
        let line = format!("step add {id} -- sh -c true");
        proposals.offer(asker, std::slice::from_ref(&line), Context::default()).unwrap();
        until(&mut screen, "the card", |s| shows(s, card));
        assert!(screen.query_by_label("1 needs you").is_some(), "the toolbar counts it");
        click_by_name(&mut screen, "Discard");
        until(&mut screen, "the card to go", |s| !shows(s, card));
        assert!(!has(&p, id), "a no is a no");
        proposals.offer(asker, &[line], Context::default()).unwrap();
        until(&mut screen, "the card", |s| shows(s, card));
        click_by_name(&mut screen, "Apply");
        until(&mut screen, "the step", |_| has(&p, id));
        until(&mut screen, "the card to go", |s| !shows(s, card));
    }
}

fn answer() -> (ChatResponse, Record) {
    let id = "p-3f9a2c41";
    let action = |n: usize, command: &str, description: &str, destructive: bool| {
        serde_json::json!({ "id": n.to_string(), "command": command, "description": description,
            "destructive": destructive, "reversible": true, "dry_run_result": "" })
    };
    let actions = serde_json::json!([
        action(1, "seqctl step add smoke --depends-on ship -- ./smoke.sh", "adds the step smoke", false),
        action(2, "seqctl dep rm announce ship", "announce waits no longer for ship", true),
        action(3, "seqctl dep add announce smoke", "announce waits for smoke", false),
        action(4, "seqctl run step smoke", "runs smoke", false),
    ]);
    let diff = "--- sequence.yaml\n+++ sequence.yaml\n@@ -1 +1 @@\n-a\n+b\n+c\n";
    let response = serde_json::json!({ "message": "I understood:\n  step add smoke --depends-on ship -- ./smoke.sh",
        "provider": "builtin", "understood": true, "actions": actions, "rejected": [], "sequence_diff": diff,
        "proposal": id, "state": "waiting", "confirmations": 1, "focus": [] });
    let asker = Asker { actor: Actor::User, source: Source::Chat };
    let revision: Revision = release().snapshot.revision.clone();
    let record = Record {
        id: id.parse().unwrap(),
        asker,
        context: Context::default(),
        actions: serde_json::from_value(actions).unwrap(),
        rejected: Vec::new(),
        sequence_diff: diff.to_owned(),
        confirmation: Confirmation::new(b"", revision, Need::One, Actor::User, now()),
        discarded: false,
        applied: None,
        failed: None,
    };
    (serde_json::from_value(response).unwrap(), record)
}

fn conversation(theme: Theme) -> Staged {
    let mut s = Staged::new(release(), [1440.0, 900.0], theme);
    s.screen.state_mut().state_mut().selected = Some("ship".parse().unwrap());
    s.screen.run();
    say(&mut s.screen, "add a smoke test between ship and announce, then run it");
    let asked = s.asked().into_iter().any(|ask| matches!(ask, Ask::Say { n: 0, .. }));
    assert!(asked, "the backend is asked");
    let (response, record) = answer();
    s.tell(Update::Proposals([record].into()));
    s.tell(Update::Answered(0, Box::new(Ok(response))));
    s
}

#[test]
fn a_conversation_in_the_dark_and_in_the_light() {
    check(&mut conversation(Theme::Dark).screen, "chat-dark");
    check(&mut conversation(Theme::Light).screen, "chat-light");
}

#[test]
fn what_is_typed_at_once_behind_the_key_is_no_command() {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    s.screen.state_mut().state_mut().selected = Some("soak".parse().unwrap());
    s.screen.run();
    s.asked();
    // All in one frame, as on a slow machine: `s` would stop the step.
    let press = |key| egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    };
    s.screen.input_mut().events.extend([Key::Slash, Key::S].map(press));
    s.screen.run();
    assert!(!s.asked().iter().any(|ask| matches!(ask, Ask::Wish(_))));
}
