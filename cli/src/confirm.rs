//! Asking a person at the terminal.

use std::io::{self, BufRead as _, Write as _};

use crate::context::Context;

/// Asks a yes-or-no question on the terminal; anything but a yes is no.
pub fn ask(context: &Context, question: &str) -> bool {
    if !context.can_ask() {
        return false;
    }
    let mut err = io::stderr().lock();
    if err.write_all(format!("{question} [y/N] ").as_bytes()).and_then(|()| err.flush()).is_err() {
        return false;
    }
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
