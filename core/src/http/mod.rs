//! The HTTP API: every query and every change of a project for programs, on loopback or a Unix socket.
//!
//! A face like the command line: it parses, asks the door or the engine, and renders. Who may ask is settled before
//! anything else (`guard`), in front of the router, so that no route can forget it.

mod answer;
mod app;
mod audit;
mod body;
mod change;
mod chat;
mod connection;
mod control;
mod error;
mod events;
mod files;
mod guard;
mod health;
mod hosts;
mod hub;
mod listener;
mod mcp;
mod openapi;
mod proposals;
mod routes;
mod rpc;
mod runs;
mod seats;
mod sequence;
mod server;
mod shapes;
mod status;
mod stream;
mod token;
mod wire;

pub use error::HttpError;
pub use listener::Bind;
pub use openapi::document;
pub use server::{Config, Limits, Server, Stopper};
