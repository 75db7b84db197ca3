//! The ThreadOS runtime: everything that is not a face.
//!
//! Layers, each using only those above it: `id`, `model`, `dag`, `layout`, `action`, `grammar`, `policy`,
//! `log`, `store`, `workspace`, `executor`, `wrapper`, `engine`.

pub mod dag;
pub mod graph;
pub mod id;
pub mod layout;
pub mod model;
pub mod policy;
