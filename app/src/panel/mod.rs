//! The panels around the canvas. Each shows the state, owns only what belongs to itself, and asks for what is to be
//! done.

mod audit;
mod chat;
mod compose;
mod dialog;
mod diff;
mod dock;
pub mod empty;
mod fields;
mod help;
mod inspector;
mod keys;
mod logs;
mod palette;
mod panes;
mod problems;
mod proposals;
mod runs;
mod settings;
pub mod status;
mod still;
mod terminal;
pub mod threads;
mod timeline;
pub mod toast;
mod toolbar;
mod view;
pub(crate) mod widget;

pub use chat::Chat;
pub use compose::{Composer, mend, menu as new_menu};
pub use dialog::Dialog;
pub use dock::Docker;
pub use help::Help;
pub use inspector::{Inspector, copyable, said};
pub use palette::Palette;
pub use panes::{Panes, fixed};
pub use settings::SettingsSheet;
pub use still::{Spot, Still};
pub use terminal::has_keys;
pub use toolbar::Toolbar;
