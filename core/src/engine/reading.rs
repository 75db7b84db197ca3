//! What a step may read although its sandbox refuses it: files of the project that were replaced since it began.

use std::path::Path;
use std::sync::Arc;

use super::broker::Caller;
use super::client::{Connection, inside};
use super::core::Engine;
use super::event::{ClientId, Event};
use super::protocol::{ClientMessage, EngineMessage, Fault, ProjectFile};
use crate::store::yaml::MAX_BYTES;
use crate::store::{Paths, bounded, replaced};
use crate::workspace::ErrorClass;

/// How many engines in a row may go away before they answer.
const TRIES: usize = 5;

impl ProjectFile {
    const ALL: [Self; 3] = [Self::Sequence, Self::Policy, Self::Models];

    fn path(self, paths: &Paths) -> &Path {
        match self {
            Self::Sequence => &paths.sequence,
            Self::Policy => &paths.policy,
            Self::Models => &paths.models,
        }
    }
}

/// From now on, where the sandbox of a step that this process is in refuses one of the project's own files, the engine
/// is asked for its text.
pub fn read_by_engine(paths: &Arc<Paths>) {
    let paths = Arc::clone(paths);
    replaced::set_other_way(move |path| {
        let file = ProjectFile::ALL.into_iter().find(|file| file.path(&paths) == path)?;
        // Outside of every step there is a reason for which it cannot be read.
        inside(&paths)?;
        (0..TRIES).find_map(|_| ask(&paths, file)).flatten()
    });
}

/// What the engine answers, `None` where it went away before.
fn ask(paths: &Paths, file: ProjectFile) -> Option<Option<Vec<u8>>> {
    let opened = Connection::open(paths, &[], &[&ClientMessage::Read { file }]);
    let Ok(mut connection) = opened else { return Some(None) };
    match connection.hear().ok().flatten()? {
        EngineMessage::Text { text } => Some(Some(text.into_bytes())),
        _ => Some(None),
    }
}

impl Engine {
    /// A process of a step wants to read one of the files that its sandbox was to let it read. Whoever is in no step reads them
    /// itself. It is done in a thread, for a disk may be slow.
    pub(super) fn read_for(&self, client: ClientId, file: ProjectFile) {
        if !self.clients.get(&client).is_some_and(|c| matches!(c.caller, Caller::Step(_))) {
            let message = "the text of files is for processes of steps alone";
            let fault = Fault::new(ErrorClass::Denied, "NOT_IN_A_STEP", message);
            return self.say(client, &EngineMessage::Refused { fault });
        }
        let path = file.path(&self.workspace().paths).to_owned();
        let events = self.events.clone();
        tokio::task::spawn_blocking(move || {
            let bytes = bounded::read_regular(&path, MAX_BYTES);
            let answer = match bytes.and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
            {
                Ok(text) => EngineMessage::Text { text },
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    EngineMessage::Refused { fault: Fault::new(ErrorClass::Environment, "READ", message) }
                }
            };
            drop(events.send(Event::Answer(client, answer)));
        });
    }
}
