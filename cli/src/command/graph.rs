//! `graph`: the sequence as a picture.

use clap::{Args, ValueEnum};
use serde_json::json;
use threados_core::graph;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// The sequence as a picture
#[derive(Debug, Args)]
pub struct Graph {
    /// What kind of picture
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Layers of lines, for the terminal
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// For the browser
    Svg,
}

pub fn run(args: &Graph, context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let (sequence, statuses) = (snapshot.sequence(), snapshot.statuses());
    let (name, draw): (_, fn(&_, &_) -> String) = match args.format {
        Format::Text => ("text", graph::text),
        Format::Dot => ("dot", graph::dot),
        Format::Mermaid => ("mermaid", graph::mermaid),
        Format::Svg => ("svg", graph::svg),
    };
    let picture = draw(sequence, &statuses);
    Ok(Report::new(json!({ "format": name, "graph": picture }), picture))
}
