//! The settings, the fields of a step, a project without steps; and that no control anywhere is without a name.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::dock::Pane;
use threados::draft::Draft;
use threados::link::{Ask, Question, Update, Wish};
use threados_core::grammar::{Control, StepStop};
use threados_core::model::State;
use threados_core::workspace::Consent;

use crate::controls::{click, copied, printed, staged};
use crate::kit::{Staged, scene};
use crate::pictures::select;

#[test]
fn each_control_of_the_settings_does_what_it_says() {
    let open = || {
        let mut s = staged();
        let ctx = s.screen.ctx.clone();
        s.screen.state_mut().remember_in(None, Default::default(), &ctx);
        s.screen.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
        s.screen.run_steps(3);
        s
    };
    // With animation on it is drawn without end.
    let look = |s: &mut Staged, name: &str| {
        let found = s.screen.query_all_by_label(name).find(|n| n.accesskit_node().role() != Role::Label);
        found.unwrap_or_else(|| panic!("no {name}")).click_accesskit();
        s.screen.run_steps(3);
    };
    let mut s = open();
    look(&mut s, "Animation");
    assert!(!s.screen.state().state().animate);
    look(&mut s, "Light");
    assert_eq!(s.screen.ctx.theme(), Theme::Light);
    look(&mut s, "Dark");
    assert_eq!(s.screen.ctx.theme(), Theme::Dark);
    s.screen.state_mut().state_mut().desktop = Some(false);
    look(&mut s, "As the desktop");
    assert_eq!(s.screen.ctx.theme(), Theme::Light);
    look(&mut s, "Safe colours");
    assert!(std::ptr::eq(threados::theme::Theme::of(&s.screen.ctx), &raw const threados::theme::LIGHT_SAFE));
    s.screen.get_by_role_and_label(Role::Slider, "Scale").focus();
    s.screen.run_steps(2);
    s.screen.key_press(Key::ArrowRight);
    s.screen.run_steps(3);
    assert!(s.screen.ctx.zoom_factor() > 1.0, "{}", s.screen.ctx.zoom_factor());
    s.asked();
    look(&mut s, "HTTP API");
    assert!(s.asked().contains(&Ask::Serve(true)));
    look(&mut s, "Close");
    assert!(s.screen.query_by_label("As the desktop").is_none());
}

#[test]
fn every_field_of_a_step_is_edited_by_its_name() {
    let mut s = staged();
    select(&mut s, "docs");
    click(&mut s, "Edit");
    s.screen.run();
    for (label, text, words) in [
        ("Name", "Good docs", "--name='Good docs'"),
        ("Model", "codex", "--model=codex"),
        ("Command", "make docs", "-- make docs"),
        ("Working dir", "./web", "--cwd=./web"),
        ("Depends on", "api ui", "--depends-on='api,ui'"),
        ("Environment", "A=1", "--env= --env='A=1'"),
        ("Time limit, ms", "1000", "--timeout=1000"),
        ("Retries", "2", "--retry=2"),
        ("Retry after, ms", "10", "--retry-backoff=10"),
        ("Condition", "x", "--when=x"),
        ("Artifacts", "out/*", "--artifact= --artifact='out/*'"),
        ("Lane", "release", "--lane=release"),
        ("Role", "writer", "--role=writer"),
        ("Group", "implement", "--group=implement"),
        ("Watches", "soak", "--watchdog-for=soak"),
        ("Looks every, ms", "500", "--watchdog-interval=500"),
        ("Budget, USD", "1.5", "--budget-usd=1.5"),
        ("Budget, tokens", "900", "--budget-tokens=900"),
    ] {
        let is_field = |n: &egui_kittest::Node<'_>| {
            matches!(n.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
        };
        let field = s.screen.query_all_by_label(label).find(is_field);
        field.unwrap_or_else(|| panic!("no field {label}")).focus();
        s.screen.run();
        s.screen.key_press_modifiers(Modifiers::COMMAND, Key::A);
        s.screen.key_press(Key::Backspace);
        s.screen.event(egui::Event::Text(text.into()));
        s.asked();
        s.screen.run();
        let line = drafted(&s);
        assert!(line.contains(words), "{label}: {line}");
        click(&mut s, "Revert");
        s.screen.run();
    }
    for (label, flag) in [
        ("Needs review", "review"),
        ("Orchestrator", "orchestrator"),
        ("Own worktree", "worktree"),
        ("Keep its diff", "diff"),
        ("Terminal", "interactive"),
    ] {
        let switch = s.screen.get_by_role_and_label(Role::CheckBox, label);
        switch.click_accesskit();
        s.asked();
        s.screen.run();
        assert!(drafted(&s).contains(&format!("--{flag}=true")), "{label}");
        click(&mut s, "Revert");
        s.screen.run();
    }
    for (label, choice, words) in [
        ("Type", "l  \u{b7}  Long autonomy", "--type=l"),
        ("When one fails", "best_effort", "--fail-policy=best_effort"),
    ] {
        s.screen.get_by_role_and_label(Role::ComboBox, label).click_accesskit();
        s.screen.run();
        s.asked();
        click(&mut s, choice);
        s.screen.run();
        assert!(drafted(&s).contains(words), "{label}");
        click(&mut s, "Revert");
        s.screen.run();
    }
}

/// The line that the window asked to have rehearsed last.
fn drafted(s: &Staged) -> String {
    let draft = |ask| if let Ask::Draft(Draft::Lines(lines)) = ask { Some(lines.join("\n")) } else { None };
    s.asked().into_iter().filter_map(draft).next_back().unwrap_or_default()
}

#[test]
fn a_project_without_steps_is_begun_with_each_of_its_buttons() {
    let empty = || {
        let text = "version: \"1.0\"\nname: fresh\nsteps: []\n";
        let mut s = Staged::new(scene(text, State::default()), [1440.0, 900.0], Theme::Dark);
        let built_in = threados_core::workspace::Templates::built_in().all;
        s.tell(Update::Templates(built_in.into_iter().filter_map(|t| t.template.ok()).collect()));
        s
    };
    for kind in ["Base", "Parallel", "Chained", "Fusion", "Orchestrated", "Long autonomy"] {
        let mut s = empty();
        click(&mut s, &format!("New {kind} thread"));
        s.screen.run();
        assert!(s.screen.query_by_label("Create").is_some(), "{kind}");
    }
    let mut s = empty();
    click(&mut s, "Copy");
    assert_eq!(copied(&s).as_deref(), Some("seqctl step add hello -- git --version"));
    click(&mut s, "Add one step");
    s.screen.run();
    assert!(s.screen.query_by_label("Command").is_some());
}

/// Everything that can be clicked, typed into or moved, by role and name.
fn names(s: &Staged) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for node in s.screen.root().children_recursive() {
        let node = node.accesskit_node();
        let is_control = matches!(
            node.role(),
            Role::Button
                | Role::Link
                | Role::CheckBox
                | Role::RadioButton
                | Role::ComboBox
                | Role::Slider
                | Role::SpinButton
                | Role::TextInput
                | Role::MultilineTextInput
                | Role::Splitter
                | Role::TreeItem
                | Role::Terminal
        );
        if is_control {
            all.insert((format!("{:?}", node.role()), node.label().unwrap_or_default()));
        }
    }
    all
}

#[test]
fn every_control_has_a_name() {
    let mut seen = BTreeSet::new();
    let mut look = |s: &Staged, place: &str| {
        let names = names(s);
        let nameless: Vec<_> = names.iter().filter(|(_, name)| name.trim().is_empty()).collect();
        assert!(nameless.is_empty(), "{place}: {nameless:?}");
        seen.extend(names);
    };
    let mut s = staged();
    look(&s, "the bar");
    for pane in [Pane::Logs, Pane::Problems, Pane::Runs, Pane::Audit, Pane::Terminal, Pane::Timeline] {
        click(&mut s, &tab(pane));
        s.screen.run();
        look(&s, pane.name());
    }
    for id in ["ship", "layout-c", "api", "verify", "ship-it", "plan-review", "docs"] {
        select(&mut s, id);
        s.tell(printed(id));
        click(&mut s, "Logs");
        s.screen.run();
        look(&s, id);
    }
    for page in ["Edit", "Prompt", "Result", "History", "About"] {
        click(&mut s, page);
        s.screen.run();
        look(&s, page);
    }
    for (modifiers, key) in [
        (Modifiers::COMMAND, Key::K),
        (Modifiers::NONE, Key::F1),
        (Modifiers::COMMAND, Key::Comma),
        (Modifiers::COMMAND, Key::N),
        (Modifiers::COMMAND, Key::L),
        (Modifiers::COMMAND, Key::D),
        (Modifiers::NONE, Key::Delete),
        (Modifiers::SHIFT, Key::F10),
    ] {
        s.screen.key_press_modifiers(modifiers, key);
        s.screen.run();
        s.screen.run();
        look(&s, &format!("{key:?}"));
        s.screen.key_press(Key::Escape);
        s.screen.run();
    }
    for (menu, place) in [("New", "New"), ("Move Chat", "Move Chat"), ("builtin", "who answers")] {
        click(&mut s, menu);
        s.screen.run();
        look(&s, place);
        s.screen.key_press(Key::Escape);
        s.screen.run();
    }
    let stop = Control::Stop(StepStop { ids: Vec::new(), all: true, now: false });
    let question =
        Question { wish: Wish::Control(stop), about: "all of it".into(), consent: Consent::Standing };
    s.tell(Update::Question(question));
    look(&s, "a question");
    assert!(seen.len() > 150, "{} were looked at", seen.len());
}

fn tab(pane: Pane) -> String {
    if pane == Pane::Problems { "Problems 1".into() } else { pane.name().to_owned() }
}
