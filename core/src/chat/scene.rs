//! What the builtin provider knows when it reads a sentence: the project as it stands.

use super::{Chat, ChatError, History, Scene, Understood, understand};
use crate::model::ModelName;
use crate::model_cli::Models;

/// Reads a text against the project. A broken `models.yaml` or policy only means that fewer names are known: the
/// proposal says what is wrong with them.
pub(super) fn understood(chat: &Chat<'_>, text: &str, history: &History) -> Result<Understood, ChatError> {
    let snapshot = crate::engine::look(chat.workspace)?;
    let models = Models::read(&chat.workspace.paths.models).unwrap_or_default();
    let names = std::iter::once(ModelName::SHELL).chain(models.iter().map(|m| m.name.as_str()));
    let names: Vec<String> = names.map(str::to_owned).collect();
    let policy = snapshot.policy().ok();
    let mode = policy.as_ref().map(|p| p.mode);
    let programs = policy.map(|p| p.allowed_commands).unwrap_or_default();
    let scene = Scene {
        sequence: snapshot.sequence(),
        state: &snapshot.state,
        models: &names,
        programs: &programs,
        mode,
        focus: history.focus(),
    };
    Ok(understand(&scene, text))
}
