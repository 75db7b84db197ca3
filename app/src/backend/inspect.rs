//! Tells about the step or gate a person looks at: what holds it, what it prints, what it left behind.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use threados_core::id::{NodeId, RunId, StepId};
use threados_core::model::Phase;
use threados_core::policy::Redactor;
use threados_core::store::regular;
use threados_core::workspace::{Snapshot, explain};
use threados_core::wrapper::Stream;

use super::{Shared, detail};
use crate::ansi::Line;
use crate::link::{Output, Update};

/// How often the output of a running step is looked at.
const PACE: Duration = Duration::from_millis(200);

/// How much of the end of a log is shown.
const LOOK_BACK: u64 = 128 * 1024;

/// What comes in.
pub(super) enum Input {
    /// Look at this from now on, in that run.
    Inspect(Option<NodeId>, Option<RunId>),
    /// Something in the project changed.
    Changed,
}

pub(super) fn run(shared: &Shared, inbox: &Receiver<Input>) {
    let mut looked_at: Option<NodeId> = None;
    let mut in_run: Option<RunId> = None;
    let mut told = Arc::new(Output::default());
    let mut known = Arc::default();
    while !shared.is_over() {
        let snapshot = shared.latest();
        let live = snapshot.as_deref().is_some_and(|s| is_live(s, looked_at.as_ref()));
        let input = if live { inbox.recv_timeout(PACE) } else { inbox.recv().map_err(Into::into) };
        let changed = match input {
            Ok(Input::Inspect(id, run)) => {
                (looked_at, in_run) = (id, run);
                true
            }
            Ok(Input::Changed) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let (Some(snapshot), Some(id)) = (shared.latest(), &looked_at) else { continue };
        if changed {
            let why = explain(&shared.workspace, &snapshot, id.as_str());
            shared.out.tell(Update::Why(why));
        }
        let run = in_run.clone().or_else(|| latest_run(&snapshot, id));
        if changed {
            let detail = detail::read(shared, &snapshot, id, run.as_ref());
            if detail != *known {
                known = Arc::new(detail);
                shared.out.tell(Update::Detail(Arc::clone(&known)));
            }
        }
        let output = output(shared, &snapshot, id, run);
        if output != *told {
            told = Arc::new(output);
            shared.out.tell(Update::Output(Arc::clone(&told)));
        }
    }
}

fn is_live(snapshot: &Snapshot, id: Option<&NodeId>) -> bool {
    id.is_some_and(|id| snapshot.state.phase(id.as_str()) == Phase::Running)
}

fn latest_run(snapshot: &Snapshot, id: &NodeId) -> Option<RunId> {
    snapshot.state.steps.get(id.as_str()).and_then(|s| s.run_id.clone())
}

fn output(shared: &Shared, snapshot: &Snapshot, id: &NodeId, run: Option<RunId>) -> Output {
    let mut output = Output { step: Some(id.clone()), ..Output::default() };
    let Some(run) = run else { return output };
    let folder = shared.workspace.paths.run_step(&run, &StepId::from(id));
    let Some(redactor) = redactor(shared, snapshot, id) else { return output };
    let mut read = |stream: Stream| {
        let (text, cut) = end_of(&folder.join(stream.file_name()));
        output.cut |= cut;
        redactor.redact(&text).lines().map(Line::read).collect()
    };
    (output.stdout, output.stderr) = (read(Stream::Stdout), read(Stream::Stderr));
    output.run = Some(run);
    output
}

/// Without a redactor nothing is shown: what it would have hidden is not known.
pub(super) fn redactor(shared: &Shared, snapshot: &Snapshot, id: &NodeId) -> Option<Redactor> {
    let env = snapshot.sequence().step(id.as_str()).map(|s| s.env.clone()).unwrap_or_default();
    shared.workspace.redactor_for(&shared.workspace.secret_patterns(snapshot), &env).ok()
}

/// The end of a file in whole lines, and whether more stands before it. A file that is not there is empty.
fn end_of(path: &Path) -> (String, bool) {
    let read = || -> std::io::Result<(Vec<u8>, bool)> {
        let mut file = regular::open(path)?;
        let from = file.metadata()?.len().saturating_sub(LOOK_BACK);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(LOOK_BACK).read_to_end(&mut bytes)?;
        Ok((bytes, from > 0))
    };
    let (bytes, cut) = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match text.split_once('\n') {
        Some((_, rest)) if cut => (rest.to_owned(), true),
        _ => (text, cut),
    }
}
