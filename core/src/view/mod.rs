//! What readers are shown, in the shapes that programs may rely on: the command line's `--json`, HTTP and MCP have them
//! from here, so that they cannot drift apart.

mod redacted;
mod run;
mod status;

pub use redacted::redact;
pub use run::{hide, record, redactor, run_line, run_state, story};
pub use status::{GateLine, StatusReport, StepLine, Summary, status};
