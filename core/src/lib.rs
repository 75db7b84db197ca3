//! The ThreadOS runtime: everything that is not a face.
//!
//! Layers, each using only those above it: `id`, `model`, `dag`, `layout`, `action`, `grammar`, `policy`,
//! `log`, `store`, `workspace`, `executor`, `wrapper`, `engine`.

pub mod id;
pub mod log;
pub mod model;
pub mod policy;
pub mod store;
