//! The window: takes news in, shows the panels, has done what they ask for.

mod docked;
mod floating;
mod go;
mod keys;
mod look;
mod panes;
mod wanted;

use std::path::PathBuf;

use egui::{Event, Frame, Margin, Panel, Ui};
use threados_core::id::{NodeId, RunId};
use threados_core::wrapper::TerminalSize;

use crate::canvas::{Canvas, Did, Network, View};
use crate::command::Cmd;
use crate::dock::{Change, Dock, Pane, Place, Side};
use crate::draft::Draft;
use crate::folds::Folds;
use crate::link::{Ask, Link, Update, Wish, run_all};
use crate::memory::Settings;
use crate::panel::{
    Composer, Dialog, Docker, Help, Palette, Panes, SettingsSheet, Spot, Still, Toolbar, empty, status, toast,
};
use crate::state::State;
use crate::theme::{self, Theme};

pub use look::look;
pub use wanted::Do;

/// The window.
pub struct Window {
    link: Link,
    state: State,
    canvas: Canvas,
    toolbar: Toolbar,
    panes: Panes,
    docker: Docker,
    still: Still,
    dialog: Dialog,
    palette: Palette,
    help: Help,
    composer: Composer,
    folds: Folds,
    network: Network,
    sheet: SettingsSheet,
    settings: Settings,
    shown: Settings,
    memory: Option<PathBuf>,
    inspected: (Option<NodeId>, Option<RunId>),
    screen: Option<TerminalSize>,
    waiting: usize,
    drafted: Option<(Draft, Option<u64>)>,
    titled: String,
    /// Whether one typed into a field in the last frame.
    typed: bool,
    /// What was typed at once behind a key that leads to a field.
    ahead: Vec<Event>,
}

impl Window {
    /// A window on what comes over the link.
    pub fn new(link: Link) -> Self {
        Self {
            link,
            state: State::new(),
            canvas: Canvas::default(),
            toolbar: Toolbar::default(),
            panes: Panes::default(),
            docker: Docker::default(),
            still: Still::default(),
            dialog: Dialog,
            palette: Palette::default(),
            help: Help::default(),
            composer: Composer::default(),
            folds: Folds::default(),
            network: Network::default(),
            sheet: SettingsSheet::default(),
            settings: Settings::default(),
            shown: Settings::default(),
            memory: None,
            inspected: (None, None),
            screen: None,
            waiting: 0,
            drafted: None,
            titled: String::new(),
            typed: false,
            ahead: Vec::new(),
        }
    }

    /// What it knows; to set the clock and to stop what moves, for pictures.
    pub fn state_mut(&mut self) -> &mut State {
        self.still.stir();
        &mut self.state
    }

    /// What it knows.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Where the canvas looks.
    pub fn camera_mut(&mut self) -> &mut crate::canvas::Camera {
        &mut self.canvas.camera
    }

    /// Opens the form of something new.
    pub fn make(&mut self, cmd: Cmd) {
        self.link.ask(Ask::Templates);
        self.composer.open(cmd);
    }

    /// Runs until nothing is left that can start.
    pub fn run_all(&mut self) {
        self.link.ask(Ask::Wish(Wish::Control(run_all())));
    }

    /// Takes in what the backend told.
    pub fn logic(&mut self, ctx: &egui::Context) {
        let news: Vec<Update> = self.link.news().collect();
        for update in news {
            self.still.stir();
            if let Update::Letters(face) = &update {
                theme::add_face(ctx, face);
            }
            self.state.take(update);
            self.state.scene = self.state.scene.take().map(|scene| self.folds.of(scene));
        }
        self.title(ctx);
    }

    /// Shows everything.
    pub fn ui(&mut self, ui: &mut Ui) {
        let mut wanted = Vec::new();
        if self.is_asking() || self.docker.is_carrying() {
            self.still.stir();
        }
        self.still.begin(ui);
        self.keys(ui, &mut wanted);
        let theme = Theme::of(ui.ctx());
        let bar = |x, y| Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(x, y));
        let now = (self.state.now)();
        Panel::top("toolbar").exact_size(48.0).frame(bar(16, 8)).show(ui, |ui| {
            let has_left = !self.settings.dock.edge(Side::Left).stacks.is_empty();
            let zoom = self.canvas.camera.zoom;
            let spot = Spot { figure: zoom, ..Spot::at(ui.max_rect()) };
            self.still.show(ui, "toolbar", spot, now, |ui| {
                self.toolbar.show(ui, &self.state, (zoom, has_left), &mut wanted);
            });
        });
        Panel::bottom("status").exact_size(28.0).frame(bar(16, 4)).show(ui, |ui| {
            let spot = Spot::at(ui.max_rect());
            self.still.show(ui, "status", spot, now, |ui| status::show(ui, &self.state));
        });
        self.docked(ui, &mut wanted);
        self.palette.show(ui, &self.state, &mut wanted);
        self.help.show(ui);
        self.composer.show(ui, &self.state, &mut wanted);
        self.sheet.show(ui, &mut self.settings, &self.state, &mut wanted);
        self.dialog.show(ui, &self.state, &mut wanted);
        // Of what is typed in two places the dialogue counts.
        let last = wanted.iter().rposition(|w| matches!(w, Do::Draft(_)));
        let mut n = 0..;
        wanted.retain(|w| n.next() == last || !matches!(w, Do::Draft(_)));
        if !wanted.is_empty() {
            self.still.stir();
        }
        wanted.into_iter().for_each(|wanted| self.carry_out(ui, wanted));
        self.inspect();
        self.look_at_panes();
        self.remember(ui);
        self.typed = ui.ctx().text_edit_focused();
        self.still.end(ui.ctx());
    }

    fn middle(&mut self, ui: &mut Ui, wanted: &mut Vec<Do>) {
        let rect = ui.available_rect_before_wrap();
        match self.state.shown().cloned() {
            Some(scene) if !scene.nodes.is_empty() => {
                let view = View {
                    scene: &scene,
                    selected: self.state.selected_index(),
                    found: Some(&self.state.search.set)
                        .filter(|_| !self.state.search.query.trim().is_empty()),
                    now: self.state.time_shown(),
                    // The past stands still.
                    animate: self.state.animate && self.state.played.is_none(),
                    state: &self.state,
                };
                let did = if self.state.network {
                    self.network.show(ui, &scene, view.selected)
                } else {
                    self.canvas.show(ui, &view, wanted)
                };
                if did.is_some() {
                    self.still.stir();
                }
                match did {
                    Some(Did::Select(n)) => {
                        self.state.marked.clear();
                        self.state.selected = n.map(|n| scene.nodes[n].id.clone());
                    }
                    Some(Did::Mark(nodes)) => self.mark(&scene, &nodes),
                    Some(Did::Open(n)) if scene.plan.is_hidden(n) => {
                        wanted.extend(scene.step(n).and_then(|s| s.group_id.clone()).map(Do::Fold));
                    }
                    Some(Did::Open(n)) => {
                        self.state.selected = Some(scene.nodes[n].id.clone());
                        self.edit();
                        self.canvas.reveal(&scene, n, true);
                    }
                    None => {}
                }
            }
            Some(_) => empty::no_steps(ui, wanted),
            None => empty::nothing_yet(ui, self.state.trouble.as_ref()),
        }
        if self.state.scene.is_some() {
            empty::trouble(ui, rect, self.state.trouble.as_ref());
        }
        self.state.forget_what_is_seen();
        toast::show(ui, rect, &mut self.state.toasts, wanted);
    }

    fn carry_out(&mut self, ui: &Ui, wanted: Do) {
        match wanted {
            Do::Wish(wish) => self.wish(wish),
            Do::Cmd(cmd) => match cmd.wish(&self.state) {
                Some(wish) => self.wish(wish),
                None => self.own(ui, cmd),
            },
            Do::Go(id) => self.go(id),
            Do::Find(query) => self.state.find(query),
            Do::Draft(draft) => self.draft(draft),
            Do::Judge { id, yes, run } => self.link.ask(Ask::Judge { id, yes, run }),
            Do::Say(text, provider) => {
                let n = self.state.talk.say(text.clone());
                self.link.ask(Ask::Say { n, text, provider });
            }
            Do::Hush => self.link.ask(Ask::Hush),
            Do::Look(run) => self.state.run = run,
            Do::Template(name) => {
                if let Some(template) = self.state.templates.iter().find(|t| t.name == name) {
                    self.composer.open_template(template);
                }
            }
            Do::Fold(group) => self.fold(group),
            Do::Past(run) => self.link.ask(Ask::Past(Some(run))),
            Do::Play(part) => self.state.play(part),
            Do::Dock(change) => self.dock(change),
            Do::Panes(ask) => self.link.ask(Ask::Panes(ask)),
            Do::Executor(which) => self.state.executor = which,
            Do::Answer(yes) => {
                if let Some(question) = self.state.question.take().filter(|_| yes) {
                    self.link.ask(Ask::Confirmed(question));
                }
            }
        }
    }

    /// What only concerns the window.
    fn own(&mut self, ui: &Ui, cmd: Cmd) {
        match cmd {
            Cmd::Left => self.step_aside(-1.0, 0.0),
            Cmd::Right => self.step_aside(1.0, 0.0),
            Cmd::Up => self.step_aside(0.0, -1.0),
            Cmd::Down => self.step_aside(0.0, 1.0),
            Cmd::Clear => {
                self.state.selected = None;
                self.state.marked.clear();
                self.state.critical = false;
                self.state.find(String::new());
            }
            Cmd::MarkAll => self.mark_all(),
            Cmd::Fit => {
                if let Some(scene) = &self.state.scene {
                    self.canvas.fit(scene, self.state.animate);
                }
            }
            Cmd::Reveal => self.reveal(),
            Cmd::Fold => {
                if let Some(group) = self.state.selected_group().cloned() {
                    self.fold(group);
                }
            }
            Cmd::Network => self.state.network = !self.state.network,
            Cmd::Playback if self.state.played.is_some() => self.state.play(None),
            Cmd::Playback => {
                self.dock(Change::Show(Pane::Timeline));
                self.link.ask(Ask::Past(self.state.latest_run()));
            }
            Cmd::Critical => self.state.critical = !self.state.critical,
            Cmd::Map => self.settings.map = !self.settings.map,
            Cmd::SendBack => {
                self.dock(Change::Show(Pane::Inspector));
                self.panes.inspector.ask_reason();
            }
            Cmd::Logs => self.dock(Change::Show(Pane::Logs)),
            Cmd::Terminal => self.dock(Change::Show(Pane::Terminal)),
            Cmd::Pane => self.show_pane(),
            Cmd::Menu => self.canvas.open_menu(),
            Cmd::ZoomIn => self.canvas.camera.zoom_by(1.25, self.state.animate),
            Cmd::ZoomOut => self.canvas.camera.zoom_by(0.8, self.state.animate),
            Cmd::Search => self.toolbar.focus_search(),
            Cmd::Next => {
                if let Some(hit) = self.state.next_hit() {
                    self.select(hit);
                }
            }
            Cmd::NextForMe => self.next_for_me(),
            Cmd::Chat => {
                self.dock(Change::Show(Pane::Chat));
                self.panes.chat.focus();
            }
            Cmd::Palette => self.palette.open(),
            Cmd::Theme => {
                let dark = ui.ctx().theme() == egui::Theme::Dark;
                self.settings.dark = Some(!dark);
            }
            Cmd::Animation => self.settings.animate = !self.settings.animate,
            Cmd::New(_) | Cmd::Clone | Cmd::Remove => {
                self.make(cmd);
            }
            Cmd::Edit => self.edit(),
            Cmd::Side(side) => self.dock(Change::Turn(side)),
            Cmd::Show(pane) => self.dock(Change::Show(pane)),
            Cmd::Float(pane) => self.dock(Change::Float(pane)),
            Cmd::Dock(pane, side) => self.dock(Change::Put(pane, Place::Own(side, None))),
            Cmd::ResetPanels => self.settings.dock = Dock::default(),
            Cmd::Serve => self.link.ask(Ask::Serve(self.state.served.is_none())),
            Cmd::Settings => self.sheet.open(),
            Cmd::Help => self.help.open(),
            _ => {}
        }
    }

    /// Tells the backend what is looked at.
    fn inspect(&mut self) {
        if self.inspected.0 != self.state.selected {
            self.state.run = None;
        }
        let now = (self.state.selected.clone(), self.state.run.clone());
        if self.inspected != now {
            self.inspected.clone_from(&now);
            self.link.ask(Ask::Inspect(now.0, now.1));
        }
    }

    /// Asks what would come of a draft: once, and again when something has changed.
    fn draft(&mut self, draft: Draft) {
        let now = Some((draft, self.state.audit.last().map(|row| row.seq)));
        if self.drafted != now
            && let Some((draft, _)) = &now
        {
            self.link.ask(Ask::Draft(draft.clone()));
            self.drafted = now;
        }
    }
}
