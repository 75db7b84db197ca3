//! Frames of the window: the time of a processor core for one frame of everything that is shown, drawing by the
//! graphics card aside. Nothing is cached from frame to frame but what the window itself keeps; while panning the view goes
//! aside for some frames and comes back. `-- --nodes 100` draws so many steps only, `--only natural` as what has this word
//! in its name (for a profiler).

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use egui::{Context, Event, FullOutput, Pos2, RawInput, Rect, vec2};
use egui_graphs::{DefaultGraphView, Graph, SettingsStyle};
use threados::Window;
use threados::link::{Far, Link, Update};
use threados::scene::Scene;
use threados_benches::{Contender, Sizes, compare_by, median, work};
use threados_core::log::Position;
use threados_core::model::{Fact, Phase, State, StepFact};
use threados_core::policy::Policy;
use threados_core::store::yaml;
use threados_core::workspace::{PolicyFile, Snapshot};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So many frames come first, in which letters are drawn and rooms are found.
const FIRST: usize = 3;

/// So many frames the view goes one way: what is seen stays about the same.
const WAY: usize = 20;

/// Frames in which statuses change, for each distance.
const LIVE: usize = 200;

fn main() {
    let sizes = Sizes::from_args();
    let only = only();
    let is_asked = |n: usize| only.is_none_or(|only| only == n);
    for (n, frames_a_round) in
        [(100, 100), (10_000, 20), (100_000, 4)].into_iter().filter(|(n, _)| is_asked(*n))
    {
        let scene = Arc::new(told_scene(sizes.of(n)));
        frames(sizes, &scene, frames_a_round);
        idle(&scene);
    }
    if is_asked(10_000) {
        live(sizes.of(10_000), sizes.of(10_000) / 50);
    }
}

/// `--nodes N`: so many steps only.
fn only() -> Option<usize> {
    arg("--nodes")?.parse().ok()
}

fn arg(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != name).nth(1)
}

/// Makes a scene and says how long that takes, at first and after a change of status.
fn told_scene(n: usize) -> Scene {
    let ms = |of: Instant| of.elapsed().as_secs_f64() * 1000.0;
    let begun = Instant::now();
    let scene = scene(n);
    println!("\n{n} steps: the scene with its layout took {:.1} ms", ms(begun));
    let again = Instant::now();
    drop(Scene::of("bench", Arc::clone(&scene.snapshot), Some(&scene)));
    println!("{n} steps: the scene after a change of status {:.1} ms", ms(again));
    scene
}

/// The goals: 10,000 steps fitted 2 ms a frame and with 30 of them in view 0.5 ms, 100,000 fitted 10 ms.
fn frames(sizes: Sizes, scene: &Arc<Scene>, count: usize) {
    let n = scene.nodes.len();
    let mut fitted = Stage::new(scene, None, false);
    let mut panned = Stage::new(scene, None, true);
    let mut boxes = Stage::new(scene, Some(0.3), true);
    let mut cards = Stage::new(scene, Some(0.46), true);
    let mut near = Stage::new(scene, Some(1.0), true);
    let mut peer = Peer::new(scene);
    let mut contenders = vec![
        Contender::new("fitted, the same frame", || fitted.frames(count)),
        Contender::new("fitted, while panning", || panned.frames(count)),
        Contender::new("boxes with names, while panning", || boxes.frames(count)),
        Contender::new("as many cards as fit, panning", || cards.frames(count)),
        Contender::new("natural size (30 steps), panning", || near.frames(count)),
        Contender::new("egui_graphs, fitted", || peer.frames(count)),
    ];
    if let Some(word) = arg("--only") {
        contenders.retain(|c| c.name.contains(&word));
    }
    let title = format!("work for {count} frames of {n} steps (1600 x 1000)");
    let medians = compare_by(work, &title, sizes, &mut contenders);
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    let means: Vec<String> = medians.iter().map(|all| ms(all.div_f64(count as f64))).collect();
    println!("  mean ms a frame, in this order: {}", means.join("  "));
    drop(contenders);
    let all = [fitted.times, panned.times, boxes.times, cards.times, near.times, peer.times];
    let each: Vec<String> = all.iter().filter(|t| t.len() > FIRST).map(|t| ms(median(&t[FIRST..]))).collect();
    println!("  median ms of a frame: {}", each.join("  "));
}

/// A window on steps of which none runs: how soon it asks for a frame of its own accord, two seconds later.
fn idle(scene: &Scene) {
    let mut snapshot = (*scene.snapshot).clone();
    snapshot.state = State::default();
    let quiet = Arc::new(Scene::of("bench", Arc::new(snapshot), Some(scene)));
    let mut stage = Stage::new(&quiet, Some(1.0), false);
    stage.window.state_mut().animate = true;
    stage.rests = true;
    let asks: Vec<Duration> = (0..120).map(|_| stage.one()).collect();
    let last = asks[asks.len() - 1];
    let causes = || stage.ctx.repaint_causes();
    let says =
        if last == Duration::MAX { "never".to_owned() } else { format!("after {last:?}: {:?}", causes()) };
    println!("{} steps, none runs, nothing moves: draws again {says}", scene.nodes.len());
}

/// Every frame shows other statuses: as many steps as that run in one scene and are done in the next.
fn live(n: usize, changing: usize) {
    let mut scene = scene(n);
    let scenes: Vec<Arc<Scene>> = [Phase::Running, Phase::Done]
        .into_iter()
        .map(|phase| {
            let mut snapshot = (*scene.snapshot).clone();
            for i in 0..changing {
                let fact =
                    StepFact::new(format!("s{}", i * (n / changing.max(1))).parse().expect("an id"), phase);
                snapshot.state.take(Fact::Step(fact), chrono::DateTime::UNIX_EPOCH);
            }
            scene = Scene::of("bench", Arc::new(snapshot), Some(&scene));
            Arc::new(scene.clone())
        })
        .collect();
    for zoom in [None, Some(1.0)] {
        let mut stage = Stage::new(&scenes[0], zoom, true);
        let mut times: Vec<f64> = (0..LIVE)
            .map(|i| {
                stage.updates.send(Update::Scene(Arc::clone(&scenes[i % 2]))).expect("the window is there");
                let begun = work();
                stage.one();
                (work() - begun).as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let over = times.iter().filter(|ms| **ms > 8.0).count();
        println!(
            "{n} steps, {changing} of them other in each frame, {}: median {:.2} ms, 99 of 100 under {:.2} ms, longest {:.2} ms, {over} of {LIVE} over 8 ms",
            if zoom.is_none() { "fitted" } else { "natural size" },
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            times[times.len() - 1],
        );
    }
}

/// A window without a screen.
struct Stage {
    ctx: Context,
    window: Window,
    updates: Sender<Update>,
    pans: bool,
    /// Whether nobody touches anything.
    rests: bool,
    frame: usize,
    /// What each frame took.
    times: Vec<Duration>,
}

impl Stage {
    fn new(scene: &Arc<Scene>, zoom: Option<f32>, pans: bool) -> Self {
        let ctx = Context::default();
        threados::theme::install(&ctx);
        let (link, Far { updates, .. }) = Link::pair();
        updates.send(Update::Scene(Arc::clone(scene))).expect("the window is there");
        let mut window = Window::new(link);
        window.state_mut().animate = false;
        let mut stage = Self { ctx, window, updates, pans, rests: false, frame: 0, times: Vec::new() };
        for _ in 0..FIRST {
            stage.one();
        }
        let camera = stage.window.camera_mut();
        camera.zoom = zoom.unwrap_or(camera.zoom);
        stage
    }

    fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.one();
        }
    }

    /// One frame; how soon it asks for another.
    fn one(&mut self) -> Duration {
        self.frame += 1;
        if self.pans {
            let by = |is_there: bool| if is_there { 7.3 } else { -7.3 };
            let aside = by((self.frame / WAY).is_multiple_of(2));
            self.window.camera_mut().pan(vec2(aside, by(self.frame.is_multiple_of(2))));
        }
        let hand = (!self.rests).then_some(Event::PointerMoved(Pos2::new(600.0, 400.0)));
        let begun = work();
        let window = &mut self.window;
        window.logic(&self.ctx);
        let soon = draw(&self.ctx, self.frame, hand, |ui| window.ui(ui));
        self.times.push(work() - begun);
        soon
    }
}

/// A frame: input, everything shown, triangles made of it.
fn draw(ctx: &Context, frame: usize, hand: Option<Event>, show: impl FnMut(&mut egui::Ui)) -> Duration {
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
        events: hand.into_iter().collect(),
        time: Some(frame as f64 / 60.0),
        ..RawInput::default()
    };
    let FullOutput { shapes, pixels_per_point, mut textures_delta, viewport_output, .. } =
        ctx.run_ui(input, show);
    textures_delta.clear();
    std::hint::black_box(ctx.tessellate(shapes, pixels_per_point));
    viewport_output.values().map(|v| v.repaint_delay).min().unwrap_or(Duration::MAX)
}

/// egui_graphs on the same graph, each node where ours has it, as wide as the window; as it comes, with its names.
struct Peer {
    ctx: Context,
    graph: Graph<usize>,
    frame: usize,
    times: Vec<Duration>,
}

impl Peer {
    fn new(scene: &Scene) -> Self {
        let ctx = Context::default();
        threados::theme::install(&ctx);
        let mut graph = Graph::new();
        let add = |(n, node): (usize, &threados::scene::Node)| {
            graph.add_node_with_label_and_location(n, node.name.clone(), scene.plan.rect(n).center())
        };
        let nodes: Vec<_> = scene.nodes.iter().enumerate().map(add).collect();
        for (from, to) in &scene.plan.request().edges {
            graph.add_edge(nodes[*from], nodes[*to], ());
        }
        let mut peer = Self { ctx, graph, frame: 0, times: Vec::new() };
        peer.frames(FIRST);
        peer
    }

    fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.frame += 1;
            let style = SettingsStyle::default().with_labels_always(true);
            let graph = &mut self.graph;
            let hand = Some(Event::PointerMoved(Pos2::new(600.0, 400.0)));
            let begun = work();
            draw(&self.ctx, self.frame, hand, |ui| {
                DefaultGraphView::new().with_styles(&style).show(ui, graph);
            });
            self.times.push(work() - begun);
        }
    }
}

/// Layers of twenty steps that each wait for two or three of the layer before; some run, some failed.
fn scene(n: usize) -> Scene {
    let mut text = String::from("version: \"1.0\"\nname: bench\nsteps:\n");
    let mut state = State::default();
    for i in 0..n {
        let layer = i / 20;
        let before = |k: usize| (layer - 1) * 20 + (i * 7 + k * 3) % 20;
        let deps = if layer == 0 { String::new() } else { format!("s{}, s{}", before(0), before(1)) };
        writeln!(
            text,
            "  - {{ id: s{i}, name: Step number {i}, command: [\"true\"], depends_on: [{deps}] }}"
        )
        .expect("a text takes it");
        let phase = match i * 10 / n {
            0..=3 if i % 97 == 5 => Phase::Failed,
            0..=3 => Phase::Done,
            4 if i % 5 == 0 => Phase::Running,
            _ => continue,
        };
        let mut fact = StepFact::new(format!("s{i}").parse().expect("an id"), Phase::Running);
        fact.run = Some("20241004T000000Z-7f3a".parse().expect("a run id"));
        state.take(Fact::Step(fact.clone()), chrono::DateTime::UNIX_EPOCH);
        fact.phase = phase;
        state.take(Fact::Step(fact), chrono::DateTime::UNIX_EPOCH);
    }
    let document = Arc::new(yaml::parse(text.as_bytes()).document.expect("a valid sequence"));
    let policy = PolicyFile { text: Arc::default(), policy: Ok(Arc::new(Policy::default())) };
    let revision = document.revision();
    let position = Position::origin();
    Scene::of(
        "bench",
        Arc::new(Snapshot { document, revision, state, position, folded: 0, folded_bytes: 0, policy }),
        None,
    )
}
