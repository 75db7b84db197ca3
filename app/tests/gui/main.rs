//! The window, driven by what assistive technology sees of it: real projects, real processes, real pictures.

mod kit;
mod pictures;
mod project;
mod steering;
