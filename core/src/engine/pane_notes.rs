//! Follows the log for the keeper of an mprocs session, which draws how each step stands.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use super::observe::look;
use crate::executor::mprocs::{PaneMap, PaneNote};
use crate::log::Watch;
use crate::workspace::Workspace;

/// Changes within this are told together.
const TOGETHER: Duration = Duration::from_millis(50);
/// The map of panes is noted right after the log, which alone is watched: so it is looked at once more.
const SETTLED: Duration = Duration::from_millis(300);

/// Tells how the steps in panes stand, now and whenever that changes, for as long as somebody reads it: a line each
/// time, as [`crate::executor::mprocs::keep`] takes them.
///
/// # Errors
/// Where the project cannot be watched, or the system has no sockets left.
pub fn tell_of_panes(workspace: Workspace) -> io::Result<UnixStream> {
    let watch = Watch::new(&workspace.paths)?;
    let (to, from) = UnixStream::pair()?;
    thread::spawn(move || {
        if let Err(error) = tell(&workspace, watch, &to) {
            tracing::debug!(%error, "nobody is told of panes any more");
        }
    });
    Ok(from)
}

fn tell(workspace: &Workspace, mut watch: Watch, mut to: &UnixStream) -> io::Result<()> {
    let mut told = Vec::new();
    let mut settled = false;
    loop {
        // No session yet, or files that are just being changed: looked at again.
        let notes = notes(workspace);
        let known = notes.is_some();
        if let Some(notes) = notes.filter(|notes| *notes != told) {
            let mut line = serde_json::to_vec(&notes)?;
            line.push(b'\n');
            to.write_all(&line)?;
            told = notes;
        }
        let changes = watch.wait((!settled || !known).then_some(SETTLED))?;
        settled = !changes.any();
        if changes.any() {
            thread::sleep(TOGETHER);
        }
    }
}

/// How the step of each pane stands; of several that ran in one, the latest.
fn notes(workspace: &Workspace) -> Option<Vec<PaneNote>> {
    let map = PaneMap::read(&workspace.paths).ok()?;
    let snapshot = look(workspace).ok()?;
    let statuses = snapshot.statuses();
    let mut of_places = BTreeMap::new();
    for (step, view) in snapshot.sequence().steps.iter().zip(&statuses.steps) {
        let Some(place) = map.steps.get(&step.id).copied() else { continue };
        let started = snapshot.state.steps.get(&step.id).and_then(|state| state.started_at);
        let note = PaneNote { place, step: step.id.clone(), status: view.status };
        let latest = of_places.entry(place).or_insert((started, note.clone()));
        if latest.0 < started {
            *latest = (started, note);
        }
    }
    Some(of_places.into_values().map(|(_, note)| note).collect())
}
