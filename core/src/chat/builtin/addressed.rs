//! A quoted text for an agent: what it is told, not a command.

use super::options::is_program;
use super::token::{Token, tokens};
use super::world::World;
use crate::grammar::{parse_line, to_line};

/// The lines, with a text in quotes that starts with no program put as the prompt of the agent it is for: "add notes by
/// claude: “summarise the changes”".
pub(super) fn prompted(world: &World, said: &[Token], lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| prompt(world, said, &line).unwrap_or(line)).collect()
}

fn prompt(world: &World, said: &[Token], line: &str) -> Option<String> {
    let (options, argv) = line.split_once(" -- ")?;
    let argv = shlex::split(argv)?;
    let text = argv.join(" ");
    let quoted = said.iter().any(|t| t.quoted && t.text == text);
    let agent = options.contains(" --model ") && !options.contains(" --model shell");
    let first = argv.first()?;
    let runs = argv.len() < 2 || first.contains(['/', '.', '=']) || is_program(world, &tokens(&text));
    if !quoted || !agent || runs || options.contains(" --prompt") {
        return None;
    }
    let words = shlex::split(options)?.into_iter().chain(["--prompt-text".to_owned(), text]);
    let words: Vec<String> = words.collect();
    let line = shlex::try_join(words.iter().map(String::as_str)).ok()?;
    Some(to_line(&parse_line(&line).ok()?))
}
