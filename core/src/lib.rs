//! The ThreadOS runtime: everything that is not a face.
//!
//! Layers, each using only those above it: `id`, `join`, `memory`, `turns`, `plain`, `model`, `dag`, `layout`, `action`, `template`, `grammar`, `policy`,
//! `log`, `store`, `workspace`, `executor`, `wrapper`, `engine`, `proposal`, `chat`, `view`, `mcp`.

pub mod action;
pub mod chat;
pub mod dag;
pub mod engine;
pub mod executor;
pub mod export;
pub mod git;
pub mod grammar;
pub mod graph;
#[cfg(feature = "http")]
pub mod http;
pub mod id;
pub mod join;
pub mod layout;
pub mod log;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod memory;
pub mod model;
pub mod model_cli;
pub mod plain;
pub mod policy;
pub mod proposal;
pub mod store;
pub mod template;
pub mod thread_template;
pub mod turns;
pub mod view;
pub mod workspace;
pub mod wrapper;
