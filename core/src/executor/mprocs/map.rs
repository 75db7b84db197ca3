//! `state/mprocs-map.json`: which pane shows which step.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Files, Layout, MprocsError, PaneName, health};
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

    /// The place of a step's pane.
    pub fn place(&self, step: &StepId) -> Option<usize> {
        self.steps.get(step).copied()
    }

    /// Notes that a step runs in a pane; whether that is new.
    pub fn note(&mut self, step: &StepId, pane: &PaneName) -> bool {
        let PaneName::Slot(slot) = pane else { return false };
        let Some(index) = self.slots.get(slot).copied() else { return false };
        self.steps.insert(step.clone(), index) != Some(index)
    }
}
