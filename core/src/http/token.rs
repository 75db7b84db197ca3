//! The API's token: 256 bits in a file of ours alone.

use std::path::PathBuf;

use super::HttpError;
use crate::store::secret;
use crate::workspace::Workspace;

/// What every token begins with, so that the redactor knows one wherever it appears.
const PREFIX: &str = "threados_";

/// The token of the API.
pub(super) struct ApiToken {
    token: String,
    /// Where it is kept.
    pub file: PathBuf,
}

impl ApiToken {
    /// Reads the token of a project, or makes it; under the lock, so that two servers have one token.
    ///
    /// # Errors
    /// [`HttpError`] where the lock cannot be had or the file not be written.
    pub fn open(workspace: &Workspace) -> Result<Self, HttpError> {
        let file = workspace.paths.state_dir.join("api.token");
        let failed = |source| HttpError::Token { path: file.clone(), source };
        let _guard = workspace.lock().map_err(|e| HttpError::Door(e.into()))?;
        let token = secret::read_or_make(&file, PREFIX).map_err(failed)?;
        Ok(Self { token, file })
    }

    /// Whether this is the token; takes the same time wherever it differs.
    pub fn is(&self, shown: &str) -> bool {
        secret::same(&self.token, shown)
    }
}
