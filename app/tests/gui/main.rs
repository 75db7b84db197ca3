//! The window, driven by what assistive technology sees of it: real projects, real processes, real pictures.

mod command_line;
mod kit;
mod pictures;
mod project;
mod steering;
