//! Past runs: how everything stood while one ran, from the same fold over the same entries as the present.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use threados_core::id::RunId;
use threados_core::log::{Entries, Entry, LogError, fold};
use threados_core::model::State;
use threados_core::store::Paths;
use threados_core::workspace::Snapshot;

use crate::scene::Scene;

/// One run as the log has it.
#[derive(Debug, Clone)]
pub struct Past {
    /// The run.
    pub run: RunId,
    /// Every run of the log, the newest first.
    pub runs: Vec<RunId>,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When its last entry was written.
    pub to: DateTime<Utc>,
    before: State,
    entries: Vec<Entry>,
}

impl Past {
    /// Reads a run, or the latest; `None` where there is none.
    ///
    /// # Errors
    /// [`LogError`] where the log cannot be read.
    pub fn read(paths: &Paths, run: Option<RunId>) -> Result<Option<Self>, LogError> {
        let mut spans: HashMap<RunId, (u64, u64)> = HashMap::new();
        for entry in Entries::all(paths) {
            let entry = entry?;
            if let Some(run) = entry.run_id {
                let span = spans.entry(run).or_insert((entry.seq, entry.seq));
                span.1 = entry.seq;
            }
        }
        let mut runs: Vec<RunId> = spans.keys().cloned().collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        let Some(run) = run.filter(|run| spans.contains_key(run)).or(runs.first().cloned()) else {
            return Ok(None);
        };
        let (first, last) = spans[&run];
        let (mut before, mut entries) = (State::default(), Vec::new());
        for entry in Entries::all(paths) {
            let entry = entry?;
            match entry.seq {
                seq if seq < first => fold(&mut before, &entry),
                seq if seq <= last => entries.push(entry),
                _ => break,
            }
        }
        let times = entries.first().zip(entries.last()).map(|(a, b)| (a.timestamp, b.timestamp));
        Ok(times.map(|(from, to)| Self { run, runs, from, to, before, entries }))
    }

    /// How everything stood at a time, drawn as the sequence is now.
    pub fn at(&self, time: DateTime<Utc>, live: &Scene) -> Scene {
        let mut state = self.before.clone();
        self.entries.iter().take_while(|e| e.timestamp <= time).for_each(|e| fold(&mut state, e));
        let now = &live.snapshot;
        let snapshot = Snapshot {
            document: Arc::clone(&now.document),
            revision: now.revision.clone(),
            state,
            position: now.position.clone(),
            folded: 0,
            folded_bytes: 0,
            policy: now.policy.clone(),
        };
        Scene::of(&live.place, Arc::new(snapshot), Some(live))
    }

    /// The time at a part of the run, from 0 to 1.
    pub fn time(&self, part: f32) -> DateTime<Utc> {
        let span = (self.to - self.from).num_milliseconds() as f64;
        self.from + TimeDelta::milliseconds((span * f64::from(part.clamp(0.0, 1.0))).ceil() as i64)
    }
}

/// What is played back: the run, the time, and how everything stood then.
#[derive(Debug, Clone)]
pub struct Played {
    /// The run.
    pub past: Arc<Past>,
    /// Which part of it has gone by, from 0 to 1.
    pub part: f32,
    /// How everything stood then.
    pub scene: Arc<Scene>,
    /// How everything stood at its end.
    pub end: Arc<Scene>,
}

impl Played {
    /// A run, at its end.
    pub fn new(past: Arc<Past>, live: &Scene) -> Self {
        let end = Arc::new(past.at(past.to, live));
        Self { past, part: 1.0, scene: Arc::clone(&end), end }
    }

    /// The same at another part.
    #[must_use]
    pub fn at(&self, part: f32, live: &Scene) -> Self {
        let scene = Arc::new(self.past.at(self.past.time(part), live));
        Self { part, scene, ..self.clone() }
    }

    /// The time that is shown.
    pub fn time(&self) -> DateTime<Utc> {
        self.past.time(self.part)
    }
}
