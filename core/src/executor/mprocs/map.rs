//! `state/mprocs-map.json`: which pane shows which step.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Files, Health, Layout, MprocsError, PaneName, health};
use crate::id::StepId;
use crate::store::{Paths, atomic};

/// Which pane shows which step. A place in the list of mprocs never changes during a session: it only grows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaneMap {
    /// The session it is of, by the digest of its configuration.
    pub config_hash: String,
    /// Steps and their places, from 0: panes of their own, and slots they ran in last.
    pub steps: BTreeMap<StepId, usize>,
    /// Slots and their places.
    pub slots: BTreeMap<u32, usize>,
}

impl PaneMap {
    /// That of a session that has just begun.
    pub fn new(config_hash: String, layout: &Layout) -> Self {
        let mut map = Self { config_hash, ..Self::default() };
        for (index, pane) in layout.panes().iter().enumerate() {
            match &pane.name {
                PaneName::Step(step) => drop(map.steps.insert(step.clone(), index)),
                PaneName::Slot(slot) => drop(map.slots.insert(*slot, index)),
            }
        }
        map
    }

    /// Reads the map of the session that is up.
    ///
    /// # Errors
    /// [`MprocsError::NoSession`]; [`MprocsError::Map`] where it is corrupt or of another session.
    pub fn read(paths: &Paths) -> Result<Self, MprocsError> {
        let state = health(paths).up().ok_or(MprocsError::NoSession { why: None })?;
        let path = Files::of(paths).map;
        let wrong = |why: String| MprocsError::Map { path: path.clone(), why };
        let text = fs::read(&path).map_err(|e| wrong(e.to_string()))?;
        let map: Self = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
        if map.config_hash != state.config_hash {
            return Err(wrong("it is of another session".to_owned()));
        }
        Ok(map)
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`MprocsError::Io`].
    pub fn write(&self, paths: &Paths) -> Result<PathBuf, MprocsError> {
        let path = Files::of(paths).map;
        let text = serde_json::to_vec_pretty(self).map_err(MprocsError::io("write the map of panes"))?;
        atomic::write_unsynced(&path, &text, atomic::PRIVATE)
            .map_err(|e| MprocsError::Other(format!("the map of panes cannot be written: {e}")))?;
        Ok(path)
    }

    /// Brings what stands on disk in line with what is so: files of a session that died are removed, and a map that
    /// is corrupt or of another session is written anew. What was done, if anything.
    pub fn mend(paths: &Paths) -> Option<&'static str> {
        let files = Files::of(paths);
        match health(paths) {
            Health::Absent => None,
            Health::Dead(_) => {
                for file in [&files.state, &files.map, &files.config] {
                    // What is not there needs no removal.
                    let _ = fs::remove_file(file);
                }
                Some("the files of a session that died were removed")
            }
            Health::Up(_) if Self::read(paths).is_ok() => None,
            Health::Up(state) => {
                let map = Self::of_config(&fs::read_to_string(&files.config).ok()?, state.config_hash)?;
                map.write(paths).ok()?;
                Some("the map of panes was written anew")
            }
        }
    }

    /// The map as it was when the session began.
    fn of_config(yaml: &str, config_hash: String) -> Option<Self> {
        let config: serde_yaml::Value = serde_yaml::from_str(yaml).ok()?;
        let mut map = Self { config_hash, ..Self::default() };
        for (index, proc) in config.get("procs")?.as_mapping()?.values().enumerate() {
            let words: Vec<&str> =
                proc.get("cmd")?.as_sequence()?.iter().filter_map(|w| w.as_str()).collect();
            match words[..] {
                [.., "--slot", slot] => drop(map.slots.insert(slot.parse().ok()?, index)),
                [.., step] => drop(map.steps.insert(step.parse().ok()?, index)),
                [] => return None,
            }
        }
        Some(map)
    }

    /// The place of a step's pane.
    pub fn place(&self, step: &StepId) -> Option<usize> {
        self.steps.get(step).copied()
    }

    /// Whether a step has a pane of its own, and not just a slot it ran in.
    pub fn has_own(&self, step: &StepId) -> bool {
        self.place(step).is_some_and(|place| !self.slots.values().any(|slot| *slot == place))
    }

    /// Notes that a step runs in a pane; whether that is new.
    pub fn note(&mut self, step: &StepId, pane: &PaneName) -> bool {
        let PaneName::Slot(slot) = pane else { return false };
        let Some(index) = self.slots.get(slot).copied() else { return false };
        self.steps.insert(step.clone(), index) != Some(index)
    }
}
