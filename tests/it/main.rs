//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod support;

mod agent_kit;
mod agents;
mod agents_budget;
mod agents_contract;
mod agents_models;
mod agents_quota;
mod architecture;
mod audit;
mod basics;
mod chat;
mod ci;
mod cli;
mod cli_reference;
mod crash;
mod data;
mod demo;
mod engine;
mod engine_kit;
mod exchange;
mod files;
mod fusion;
mod mcp;
mod mcp_kit;
mod metrics;
mod model_server;
mod notify;
mod orchestrator;
mod orchestrator_kit;
mod orchestrator_limits;
mod orchestrator_refused;
mod policy;
mod prd_lines;
mod proposals;
mod retry;
mod run_output;
mod run_output_terminal;
mod runs_show;
mod sandbox;
mod session;
mod snapshots;
mod stop;
mod store;
mod templates;
mod threads_base;
mod threads_chained;
mod threads_long;
mod threads_parallel;
mod worked;
mod worktree;
mod worktree_diff;
mod worktree_hostile;
