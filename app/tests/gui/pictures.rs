//! What the window looks like, to the bit. `UPDATE=1` draws the pictures anew: look at them before you keep them.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use threados::draft::{Made, Preview};
use threados::link::{Ask, Output, Question, Update, Wish};
use threados::scene::{Looks, Scene};
use threados_core::dag::why;
use threados_core::grammar::{Control, StepStop};
use threados_core::id::RunId;
use threados_core::model::{Actor, Fact, GateFact, GateStatus, Phase, Spent, State, StepFact};
use threados_core::workspace::Consent;

use crate::kit::{Staged, now, scene};

/// What a template of two phases changes.
const CHAINED: &str = "\
--- sequence.yaml
+++ sequence.yaml
@@ -2,2 +2,10 @@
 name: release-train
 steps:
+  - id: chained-1
+    name: Phase 1
+    type: c
+    prompt_file: prompts/chained-1.md
+  - id: chained-2
+    name: Phase 2
+    type: c
+    prompt_file: prompts/chained-2.md
";

pub const RELEASE: &str = include_str!("release.yaml");

/// The run of the release.
pub fn run() -> RunId {
    "20241004T000000Z-7f3a".parse().unwrap()
}

/// What happened in the release, each at its time.
pub fn happened() -> Vec<(DateTime<Utc>, Fact)> {
    let mut all = Vec::new();
    let mut step = |id: &str, phase: Phase, seconds: i64, reason: Option<&str>, code: Option<i32>| {
        let mut fact = StepFact::new(id.parse().unwrap(), Phase::Running);
        fact.run = Some(run());
        let begun = now() - TimeDelta::seconds(if phase == Phase::Running { seconds } else { 4000 });
        all.push((begun, Fact::Step(fact)));
        if phase != Phase::Running {
            let mut fact = StepFact::new(id.parse().unwrap(), phase);
            (fact.reason, fact.exit_code) = (reason.map(str::to_owned), code);
            fact.spent = cost(id);
            all.push((begun + TimeDelta::seconds(seconds), Fact::Step(fact)));
        }
    };
    for (id, seconds) in
        [("plan", 134), ("threats", 362), ("layout-a", 80), ("storage", 591), ("migrate", 180)]
    {
        step(id, Phase::Done, seconds, None, Some(0));
    }
    for (id, seconds) in [("layout-b", 242), ("api", 760), ("ui", 758), ("soak", 4320)] {
        step(id, Phase::Running, seconds, None, None);
    }
    step("layout-c", Phase::Failed, 41, Some("exit code 1"), Some(1));
    step("verify", Phase::NeedsReview, 33, None, Some(0));
    let (gate, by) = ("plan-review".parse().unwrap(), Some(Actor::User));
    let yes = GateFact { gate, status: GateStatus::Approved, reason: None, by, at: None };
    all.push((now() - TimeDelta::seconds(3500), Fact::Gate(yes)));
    all
}

/// A release of which every status and every form can be seen.
pub fn release() -> Scene {
    let mut state = State::default();
    happened().into_iter().for_each(|(at, fact)| state.take(fact, at));
    let looks = Looks { every_ms: 30_000, last: Some(now() - TimeDelta::seconds(21)) };
    scene(RELEASE, state).with_looks(&[("watch".parse().unwrap(), looks)].into())
}

/// What an attempt of a step has cost.
fn cost(step: &str) -> Option<Spent> {
    let (micro_usd, tokens) = match step {
        "plan" => (420_000, 131_000),
        "threats" => (0, 64_000),
        "layout-a" => (1_130_000, 377_000),
        "storage" => (2_570_000, 742_000),
        _ => return None,
    };
    Some(Spent { micro_usd, tokens, unpriced: micro_usd == 0 })
}

/// Compares with the kept picture, pixel by pixel.
#[track_caller]
pub fn check<S>(screen: &mut Harness<'static, S>, name: &str) {
    screen.remove_cursor();
    check_held(screen, name);
}

/// The same while the hand holds something.
#[track_caller]
pub fn check_held<S>(screen: &mut Harness<'static, S>, name: &str) {
    screen.run();
    compare(screen, name);
}

/// The same of what never rests.
#[track_caller]
pub fn compare<S>(screen: &mut Harness<'static, S>, name: &str) {
    let drawn = screen.render().unwrap();
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/gui/pictures").join(format!("{name}.png"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        return std::fs::write(&file, smallest(drawn)).unwrap();
    }
    let kept = image::open(&file).unwrap_or_else(|e| panic!("{name}: {e}; UPDATE=1 draws it")).to_rgba8();
    if kept == drawn {
        return;
    }
    let new = std::env::temp_dir().join(format!("{name}.new.png"));
    drawn.save(&new).unwrap();
    panic!("{name} looks different; see {} (UPDATE=1 keeps it)", new.display());
}

/// The smallest file of a picture through which nothing is seen: colours alone, by the filter that suits it best.
fn smallest(drawn: image::RgbaImage) -> Vec<u8> {
    let colors = image::DynamicImage::from(drawn).into_rgb8();
    let file = |filter| {
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, filter);
        colors.write_with_encoder(encoder).unwrap();
        bytes
    };
    let filters = [FilterType::NoFilter, FilterType::Sub, FilterType::Up, FilterType::Paeth];
    filters.map(file).into_iter().min_by_key(Vec::len).unwrap()
}

/// Layers of steps of which the first are done and some run, failed or are for a person.
fn plan(n: usize) -> Scene {
    let wide = if n > 500 { 25 } else { 8 };
    let mut text = String::from("version: \"1.0\"\nname: plan\nsteps:\n");
    let mut state = State::default();
    for i in 0..n {
        let before = |k: usize| format!("s{}", (i / wide - 1) * wide + (i + k) % wide);
        let after = if i < wide { String::new() } else { format!("{}, {}", before(0), before(1)) };
        let review = if i % 31 == 7 { ", review: true" } else { "" };
        text +=
            &format!("  - {{ id: s{i}, name: Step {i}, command: [sh], depends_on: [{after}]{review} }}\n");
        let phase = match i * 10 / n {
            0..=3 if i % 41 == 5 => Phase::Failed,
            0..=3 if i % 31 == 7 => Phase::NeedsReview,
            0..=3 => Phase::Done,
            4 if i % 3 == 0 => Phase::Running,
            _ => continue,
        };
        let id: threados_core::id::StepId = format!("s{i}").parse().unwrap();
        let mut fact = StepFact::new(id.clone(), Phase::Running);
        fact.run = Some("20241004T000000Z-7f3a".parse().unwrap());
        state.take(Fact::Step(fact), now() - TimeDelta::seconds(900 - i64::try_from(i % 700).unwrap()));
        if phase != Phase::Running {
            let mut fact = StepFact::new(id, phase);
            fact.exit_code = Some(i32::from(phase == Phase::Failed));
            state.take(Fact::Step(fact), now() - TimeDelta::seconds(100));
        }
    }
    scene(&text, state)
}

/// Selects a step or gate, and tells why it is as it is.
pub fn select(staged: &mut Staged, id: &str) {
    staged.screen.state_mut().state_mut().selected = Some(id.parse().unwrap());
    staged.screen.run();
    let scene = release();
    let snapshot = &scene.snapshot;
    staged.tell(Update::Why(why(snapshot.sequence(), &snapshot.state, id)));
}

#[test]
fn every_status_and_form_in_the_dark() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    check(&mut staged.screen, "release-dark");
}

#[test]
fn what_failed_and_what_it_said() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    select(&mut staged, "layout-c");
    let output = Output {
        step: Some("layout-c".parse().unwrap()),
        run: Some("20241004T000000Z-7f3a".parse().unwrap()),
        stdout: vec!["+ ./layout.sh c".into(), "checking quota \u{2026} ok".into()],
        stderr: vec!["ERROR lock held by job 8812".into()],
        cut: false,
    };
    staged.tell(Update::Output(Arc::new(output)));
    check(&mut staged.screen, "failed-dark");
}

#[test]
fn what_waits_and_for_whom_in_the_light() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Light);
    select(&mut staged, "ship");
    check(&mut staged.screen, "waits-light");
}

#[test]
fn cards_and_bars_tell_what_a_step_has_cost_how_a_watchdog_looks_and_how_long_a_gate_waited() {
    let mut staged = Staged::new(release(), [1440.0, 1300.0], Theme::Dark);
    assert_eq!(crate::kit::line(&staged.screen, "Watchdog"), "ok 21s ago \u{b7} every 30s");
    for told in ["plan-review waited 2m 18s for you", "ship-it waits for you", "$4.12 \u{b7} 1.3M tok"] {
        assert!(staged.screen.query_by_label(told).is_some(), "{told}");
    }
    select(&mut staged, "storage");
    assert!(staged.screen.query_by_label("$2.57 \u{b7} 742k tok").is_some());
}

#[test]
fn of_what_failed_its_card_says_so_whatever_its_name_is() {
    let text = "version: '1.0'\nname: long\nsteps:\n\
        - { id: a, name: A step whose name is far longer than a card has room for, command: [sh] }\n\
        - { id: b, name: Next, command: [sh], depends_on: [a] }\n";
    let mut state = State::default();
    for phase in [Phase::Running, Phase::Failed] {
        state.take(Fact::Step(StepFact::new("a".parse().unwrap(), phase)), now());
    }
    let mut staged = Staged::new(scene(text, state), [900.0, 560.0], Theme::Light);
    check(&mut staged.screen, "long-name");
}

#[test]
fn a_thread_type_is_called_by_its_name() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    for (id, kind) in [("api", "Parallel"), ("pick", "Fusion"), ("soak", "Long autonomy"), ("ship", "Base")] {
        select(&mut staged, id);
        assert!(staged.screen.query_by_label(kind).is_some(), "{id} is not {kind}");
    }
}

#[test]
fn up_close_a_map_shows_where_one_is() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Light);
    let camera = staged.screen.state_mut().camera_mut();
    (camera.zoom, camera.center) = (1.0, egui::pos2(620.0, 430.0));
    check(&mut staged.screen, "near-light");
}

#[test]
fn what_a_group_does_if_one_fails_is_said_whole() {
    let best = RELEASE.replace("group_id: implement", "group_id: implementation, fail_policy: best_effort");
    let mut staged = Staged::new(scene(&best, State::default()), [900.0, 560.0], Theme::Dark);
    let camera = staged.screen.state_mut().camera_mut();
    (camera.zoom, camera.center) = (1.0, egui::pos2(640.0, 400.0));
    check(&mut staged.screen, "best-effort");
}

#[test]
fn from_afar_it_still_shows_where_the_fire_is() {
    let mut staged = Staged::new(release(), [900.0, 560.0], Theme::Dark);
    staged.screen.state_mut().camera_mut().zoom = 0.3;
    check(&mut staged.screen, "middle");
    staged.screen.state_mut().camera_mut().zoom = 0.1;
    check(&mut staged.screen, "far");
}

#[test]
fn a_hundred_steps_and_a_thousand_on_a_small_screen_in_both_themes() {
    for (n, theme, name) in [(100, Theme::Dark, "hundred-dark"), (1000, Theme::Light, "thousand-light")] {
        let mut staged = Staged::new(plan(n), [1024.0, 640.0], theme);
        check(&mut staged.screen, name);
    }
}

#[test]
fn a_small_screen_in_the_light() {
    let mut staged = Staged::new(release(), [1024.0, 640.0], Theme::Light);
    check(&mut staged.screen, "small-light");
}

#[test]
fn colours_that_nearly_everybody_can_tell_apart_in_the_light() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Light);
    let ctx = staged.screen.ctx.clone();
    let settings = threados::memory::Settings {
        safe_colors: true,
        dark: Some(false),
        animate: false,
        ..Default::default()
    };
    staged.screen.state_mut().remember_in(None, settings, &ctx);
    check(&mut staged.screen, "safe-light");
}

#[test]
fn a_question_says_what_will_be_done() {
    let mut staged = Staged::new(release(), [900.0, 560.0], Theme::Light);
    let stop = Control::Stop(StepStop { ids: Vec::new(), all: true, now: false });
    let about = "Everything that runs is ended; nothing new starts.".to_owned();
    let question = Question { wish: Wish::Control(stop), about, consent: Consent::Standing };
    staged.tell(Update::Question(question.clone()));
    check(&mut staged.screen, "question");
    staged.asked();
    staged.screen.key_press(egui::Key::Enter);
    staged.screen.run();
    assert_eq!(staged.asked(), [threados::link::Ask::Confirmed(question)]);
}

#[test]
fn a_project_without_steps_says_how_to_make_one() {
    let text = "version: \"1.0\"\nname: fresh\nsteps: []\n";
    let mut staged = Staged::new(scene(text, State::default()), [900.0, 560.0], Theme::Dark);
    check(&mut staged.screen, "empty");
}

#[test]
fn every_field_can_be_edited() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Light);
    select(&mut staged, "ship");
    crate::kit::click(&mut staged.screen, "Edit");
    check(&mut staged.screen, "edit-light");
}

#[test]
fn something_new_is_shown_before_it_is_made() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    let built_in = threados_core::workspace::Templates::built_in().all;
    staged.tell(Update::Templates(built_in.into_iter().filter_map(|t| t.template.ok()).collect()));
    crate::kit::click(&mut staged.screen, "New");
    staged.asked();
    crate::kit::click(&mut staged.screen, "New chained thread");
    let draft = |ask: Ask| if let Ask::Draft(draft) = ask { Some(draft) } else { None };
    let of = staged.asked().into_iter().filter_map(draft).next_back().unwrap();
    let line = "step add chained-1 --name 'Phase 1' --type c --model claude-code".to_owned();
    let made = Made {
        wish: threados::draft::read(&[line]).unwrap(),
        diff: CHAINED.to_owned(),
        changed: ["chained-1", "chained-2", "chained-gate-1"].map(|id| id.parse().unwrap()).into(),
    };
    staged.tell(Update::Preview(Preview { of, came: Ok(made) }));
    check(&mut staged.screen, "new-dark");
}

#[test]
fn settings_in_colours_that_nearly_everybody_can_tell_apart() {
    let mut staged = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    let ctx = staged.screen.ctx.clone();
    let settings = threados::memory::Settings { safe_colors: true, dark: Some(true), ..Default::default() };
    staged.screen.state_mut().remember_in(None, settings, &ctx);
    staged.screen.state_mut().state_mut().animate = false;
    staged.screen.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Comma);
    check(&mut staged.screen, "settings-safe");
}
