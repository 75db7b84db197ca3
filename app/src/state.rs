//! What the window knows: what the backend told, and what the person looks at.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Local, Offset as _, Utc};
use threados_core::dag::Why;
use threados_core::engine::RunEntry;
use threados_core::engine::protocol::Fault;
use threados_core::executor::mprocs::SessionState;
use threados_core::id::{GroupId, NodeId, RunId};
use threados_core::model::Step;
use threados_core::proposal::{Record, Standing};
use threados_core::thread_template::ThreadTemplate;

use crate::detail::Detail;
use crate::draft::{Draft, Made, Preview};
use crate::link::{AuditRow, Found, Output, Question, Served, Update};
use crate::past::Played;
use crate::scene::{Node, Scene, Tone};
use crate::talk::Talk;
use crate::terminal::Picture;

/// How what is run from the window is started: as `--executor` has it, as it is called, and what it means.
pub const EXECUTORS: [(Option<&str>, &str, &str); 3] = [
    (None, "auto", "in panes where mprocs is open and has room, else without"),
    (Some("mprocs"), "mprocs", "in panes; without a session nothing runs"),
    (Some("direct"), "direct", "without panes"),
];

/// What the window knows.
pub struct State {
    /// How everything stands; `None` until it was read.
    pub scene: Option<Arc<Scene>>,
    /// Why the project cannot be read now.
    pub trouble: Option<Fault>,
    /// Every fault of the files.
    pub problems: Arc<[Found]>,
    /// Every run that is kept, the newest first.
    pub runs: Arc<[RunEntry]>,
    /// Every proposal of the last day.
    pub proposals: Arc<[Record]>,
    /// Where the HTTP API is served.
    pub served: Option<Served>,
    /// What was said in the chat.
    pub talk: Talk,
    /// The newest entries of the log.
    pub audit: Arc<[AuditRow]>,
    /// What waits for a yes.
    pub question: Option<Question>,
    /// What to tell in passing.
    pub toasts: Vec<Toast>,
    told: u64,
    /// About the selection.
    pub why: Option<Why>,
    /// What the selection printed.
    pub output: Arc<Output>,
    /// What its folder holds.
    pub detail: Arc<Detail>,
    /// What would come of what is typed.
    pub preview: Option<Preview>,
    /// The templates that can be applied.
    pub templates: Arc<[ThreadTemplate]>,
    /// The run whose output is looked at; `None` is the latest of the step.
    pub run: Option<RunId>,
    /// The past run that is played back.
    pub played: Option<Played>,
    /// The mprocs session that is up.
    pub session: Option<Arc<SessionState>>,
    /// What stands on its screen, while it is looked at.
    pub picture: Option<Arc<Picture>>,
    /// Which of [`EXECUTORS`] starts what is run.
    pub executor: usize,
    /// Whether the free network is shown instead of the canvas.
    pub network: bool,
    /// What is selected.
    pub selected: Option<NodeId>,
    /// What is marked together with others, for what is done with several.
    pub marked: BTreeSet<NodeId>,
    /// Whether the longest way to the end is lit.
    pub critical: bool,
    /// What is searched.
    pub search: Search,
    /// Whether the desktop is dark, where it says so.
    pub desktop: Option<bool>,
    /// Whether what lives may move.
    pub animate: bool,
    /// Whether the map is shown.
    pub map: bool,
    /// The present; fixed in pictures.
    pub now: fn() -> DateTime<Utc>,
    /// How far the clock on the wall was ahead at a time; fixed in pictures.
    pub zone: fn(DateTime<Utc>) -> FixedOffset,
}

/// What is searched, and what was found.
#[derive(Debug, Default)]
pub struct Search {
    /// The words.
    pub query: String,
    /// What was found, in order.
    pub hits: Vec<usize>,
    /// The same, to look up.
    pub set: HashSet<usize>,
    /// Which of them was jumped to last.
    pub at: Option<usize>,
    /// How often was searched: what was found is the same while this is.
    pub round: u64,
}

/// Something to tell in passing.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// Its number: no two have the same.
    pub n: u64,
    /// In a line.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whether it was refused, or failed.
    pub bad: bool,
    /// What it is about, to be shown.
    pub about: Option<NodeId>,
    /// Whether all it tells stands there, too: then it goes when that is looked at.
    pub stands_there: bool,
    /// When it is to go, in seconds of the window; set when first shown.
    pub until: Option<f64>,
}

impl State {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self {
            scene: None,
            trouble: None,
            problems: Arc::from([]),
            runs: Arc::from([]),
            proposals: Arc::from([]),
            served: None,
            talk: Talk::default(),
            audit: Arc::from([]),
            question: None,
            toasts: Vec::new(),
            told: 0,
            why: None,
            output: Arc::default(),
            detail: Arc::default(),
            preview: None,
            templates: Arc::from([]),
            run: None,
            played: None,
            session: None,
            picture: None,
            executor: 0,
            network: false,
            selected: None,
            marked: BTreeSet::new(),
            critical: false,
            search: Search::default(),
            desktop: None,
            animate: true,
            map: true,
            now: Utc::now,
            zone: |at| at.with_timezone(&Local).offset().fix(),
        }
    }

    /// Takes in what the backend told.
    pub fn take(&mut self, update: Update) {
        match update {
            Update::Scene(scene) => {
                // A sequence that has changed draws the past anew.
                if self.scene.as_ref().is_some_and(|s| s.snapshot.revision != scene.snapshot.revision) {
                    self.played = None;
                }
                self.tell_failures(&scene);
                self.scene = Some(scene);
                if self.selected_index().is_none() {
                    self.selected = None;
                }
                if let Some(scene) = &self.scene {
                    self.marked.retain(|id| scene.find(id).is_some());
                }
                self.find(self.search.query.clone());
            }
            Update::Trouble(fault) => self.trouble = fault,
            Update::Problems(problems) => self.problems = problems,
            Update::Runs(runs) => self.runs = runs,
            Update::Proposals(proposals) => self.proposals = proposals,
            Update::Audit(rows) => self.audit = rows,
            Update::Question(question) => self.question = Some(question),
            Update::Done { what } => self.toast(what, None, false),
            Update::Refused { line, fault } => {
                let about = self.named(&fault.message);
                self.toast(format!("{line}: {}", fault.message), fault.hint, true);
                if let Some(toast) = self.toasts.last_mut() {
                    toast.about = about;
                }
            }
            Update::Why(why) => self.why = why,
            Update::Output(output) => self.output = output,
            Update::Detail(detail) => self.detail = detail,
            Update::Preview(preview) => self.preview = Some(preview),
            Update::Past(past) => {
                self.played = self.scene.as_ref().map(|live| Played::new(past, live));
            }
            Update::Served(served) => self.served = served,
            Update::Heard(n, piece) => self.talk.hear(n, &piece),
            Update::Answered(n, answer) => self.talk.answer(n, *answer),
            Update::Templates(templates) => self.templates = templates,
            // Folding takes the better drawing, and the window the letters.
            Update::Refined | Update::Letters(_) => {}
            Update::Session(session) => (self.session, self.picture) = (session, None),
            Update::Picture(picture) => self.picture = self.session.is_some().then_some(picture),
        }
    }

    fn toast(&mut self, text: String, hint: Option<String>, bad: bool) {
        const MOST: usize = 4;
        self.told += 1;
        self.toasts.push(Toast {
            n: self.told,
            text,
            hint,
            bad,
            about: None,
            stands_there: false,
            until: None,
        });
        let many = self.toasts.len().saturating_sub(MOST);
        self.toasts.drain(..many);
    }

    /// The first step or gate that a sentence names, as ours do: between backticks.
    fn named(&self, text: &str) -> Option<NodeId> {
        let scene = self.scene.as_ref()?;
        let mut words = text.split('`').skip(1).step_by(2).filter_map(|word| word.parse().ok());
        words.find(|id| scene.find(id).is_some())
    }

    /// Of steps that failed since is told, with a way there; of the one that is looked at it is seen.
    fn tell_failures(&mut self, next: &Scene) {
        let Some(before) = self.scene.as_deref().filter(|_| next.counts.of(Tone::Failed) > 0) else { return };
        let is_new = |n: usize| {
            let was =
                if Arc::ptr_eq(&before.plan, &next.plan) { Some(n) } else { before.find(&next.nodes[n].id) };
            was.and_then(|n| before.nodes.get(n)).is_some_and(|node| node.tone != Tone::Failed)
        };
        let failed = (0..next.nodes.len()).filter(|n| next.nodes[*n].tone == Tone::Failed && is_new(*n));
        let failed: Vec<&Node> =
            failed.map(|n| &next.nodes[n]).filter(|node| Some(&node.id) != self.selected.as_ref()).collect();
        let text = match failed.as_slice() {
            [] => return,
            [one] => format!("{}: {}", one.name, one.says),
            [first, ..] => format!("{} steps failed, the first is {}", failed.len(), first.name),
        };
        let (about, alone) = (failed.first().map(|node| node.id.clone()), failed.len() == 1);
        self.toast(text, None, true);
        if let Some(toast) = self.toasts.last_mut() {
            (toast.about, toast.stands_there) = (about, alone);
        }
    }

    /// What tells no more than what is looked at is told no longer.
    pub fn forget_what_is_seen(&mut self) {
        let selected = self.selected.as_ref();
        self.toasts.retain(|t| !t.stands_there || t.about.as_ref() != selected);
    }

    /// A time as the clock on the wall had it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&(self.zone)(at))
    }

    /// The proposals that wait for a person.
    pub fn waiting(&self) -> Vec<&Record> {
        let now = (self.now)();
        self.proposals.iter().filter(|r| r.standing(now) == Standing::Waiting).collect()
    }

    /// How everything stands, or stood in the run that is played back.
    pub fn shown(&self) -> Option<&Arc<Scene>> {
        self.played.as_ref().map(|p| &p.scene).or(self.scene.as_ref())
    }

    /// The present, or the time that is played back.
    pub fn time_shown(&self) -> DateTime<Utc> {
        self.played.as_ref().map_or_else(|| (self.now)(), Played::time)
    }

    /// The run that the timeline shows, which is not always the one that began last: an orchestrator begins runs, too.
    pub fn latest_run(&self) -> Option<RunId> {
        self.scene.as_ref()?.bars.run.clone()
    }

    /// Shows another part of the run that is played back; `None`: the present.
    pub fn play(&mut self, part: Option<f32>) {
        let played = self.played.take().zip(part).zip(self.scene.as_ref());
        self.played = played.map(|((played, part), live)| played.at(part, live));
    }

    /// The place of the selection in the scene.
    pub fn selected_index(&self) -> Option<usize> {
        self.scene.as_ref()?.find(self.selected.as_ref()?)
    }

    /// The selected step; `None` for a gate.
    pub fn selected_step(&self) -> Option<&Step> {
        self.scene.as_ref()?.step(self.selected_index()?)
    }

    /// The group of the selected step.
    pub fn selected_group(&self) -> Option<&GroupId> {
        self.scene.as_ref()?.step(self.selected_index()?)?.group_id.as_ref()
    }

    /// What holds the selection; not what held another one.
    pub fn why_selected(&self) -> Option<&Why> {
        self.why.as_ref().filter(|why| Some(&why.id) == self.selected.as_ref())
    }

    /// What the selection printed; not what another one did.
    pub fn output_selected(&self) -> Option<&Output> {
        Some(&*self.output).filter(|output| output.step.is_some() && output.step == self.selected)
    }

    /// What the folder of the selection holds; not that of another one.
    pub fn detail_selected(&self) -> Option<&Detail> {
        Some(&*self.detail).filter(|detail| detail.node.is_some() && detail.node == self.selected)
    }

    /// What would come of a draft; `None` until it is known.
    pub fn previewed(&self, draft: &Draft) -> Option<&Result<Made, Fault>> {
        self.preview.as_ref().filter(|p| p.of == *draft).map(|p| &p.came)
    }

    /// Searches.
    pub fn find(&mut self, query: String) {
        let hits = self.scene.as_ref().map(|s| s.search(&query)).unwrap_or_default();
        let at = self.search.at.filter(|at| query == self.search.query && *at < hits.len());
        let (set, round) = (hits.iter().copied().collect(), self.search.round + 1);
        self.search = Search { query, hits, set, at, round };
    }

    /// Jumps to the next one found; its place in the scene.
    pub fn next_hit(&mut self) -> Option<usize> {
        let next = self.search.at.map_or(0, |at| at + 1) % self.search.hits.len().max(1);
        let hit = *self.search.hits.get(next)?;
        self.search.at = Some(next);
        Some(hit)
    }
}
