//! Says what would come of what a person is typing. Only the latest draft counts.

use std::sync::mpsc::Receiver;

use threados_core::engine::protocol::Fault;
use threados_core::id::StepId;
use threados_core::workspace::{DoorError, ErrorClass, Request, Templates};

use super::Shared;
use crate::draft::{self, Draft, Made, Preview};
use crate::link::{Update, Wish};

pub(super) fn run(shared: &Shared, inbox: &Receiver<Draft>) {
    while let Ok(draft) = inbox.recv() {
        let latest = inbox.try_iter().last().unwrap_or(draft);
        let came = preview(shared, &latest);
        if !shared.out.tell(Update::Preview(Preview { of: latest, came })) {
            return;
        }
    }
}

/// The templates that can be applied, for the list of what can be made.
pub(super) fn tell_templates(shared: &Shared) {
    let all = Templates::of(&shared.workspace.paths).unwrap_or_else(|_| Templates::built_in()).all;
    let good = all.into_iter().filter_map(|file| file.template.ok());
    shared.out.tell(Update::Templates(good.collect()));
}

fn preview(shared: &Shared, draft: &Draft) -> Result<Made, Fault> {
    let wish = match draft {
        Draft::Lines(lines) => draft::read(lines)?,
        Draft::Template { name, set, id } => Wish::Change(filled(shared, name, set, id)?),
    };
    let Wish::Change(request) = &wish else {
        return Ok(Made { wish, diff: String::new(), changed: Vec::new() });
    };
    let proposal = shared.workspace.preview(request).map_err(|e| Fault::from(&e))?;
    Ok(Made { wish, diff: proposal.diff, changed: proposal.changed })
}

fn filled(shared: &Shared, name: &str, set: &[(String, String)], id: &str) -> Result<Request, Fault> {
    let fault = |e: DoorError| Fault::from(&e);
    let templates = Templates::of(&shared.workspace.paths).map_err(fault)?;
    let template = templates.find(name).and_then(|file| file.template()).map_err(fault)?;
    let id = if id.is_empty() { template.default_id() } else { id };
    let id = StepId::new(id).map_err(|e| Fault::new(ErrorClass::Usage, "BAD_ID", e.to_string()))?;
    let values = template.values(set).map_err(|e| fault(e.into()))?;
    let asker = Request::user(Vec::new());
    let made = shared.workspace.from_template(template, &values, &id, &asker);
    made.map(|(request, _)| request).map_err(fault)
}
