//! Drawings of graphs: what is drawn, by whom, and how well.

mod families;
mod judge;
mod layout_rs;
mod peers;

pub use families::{Family, Graph};
pub use judge::{Drawing, Verdict, judge};
pub use layout_rs::layout_rs;
pub use peers::{dot, in_node, is_there, ours, sugiyama, within};
