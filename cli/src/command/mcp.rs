//! `mcp`: the Model Context Protocol on standard input and output.

use std::io;

use clap::Args;
use threados_core::mcp::{Desk, McpError, serve};
use threados_core::workspace::ErrorClass;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// Serve the Model Context Protocol on standard input and output
#[derive(Debug, Args)]
pub struct Mcp {}

pub fn run(context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let desk = Desk { engine: context.engine_argv(&workspace)?, workspace };
    match serve(desk, io::stdin(), io::stdout()) {
        Ok(()) => Ok(Report::printed(0)),
        Err(McpError::Io(error)) => Err(Failure::io("serve MCP", &error)),
        Err(error) => Err(Failure::new(ErrorClass::Usage, "MCP", error.to_string())
            .hint("this is for programs that speak MCP; `seqctl mcp --help` shows how one is told of it")),
    }
}
