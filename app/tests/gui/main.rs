//! The window, driven by what assistive technology sees of it: real projects, real processes, real pictures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod canvas;
mod chat;
mod clicks;
mod command_line;
mod controls;
mod demo;
mod desktop;
mod dock;
mod docking;
mod door;
mod hands;
mod held;
mod kit;
mod letters;
mod lively;
mod making;
mod named;
mod narrow;
mod panels;
mod pictures;
mod project;
mod reading;
mod robust;
mod shell;
mod steering;
mod still;
mod terminal;
mod views;
