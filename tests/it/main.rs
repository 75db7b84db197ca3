//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

mod support;

mod audit;
mod basics;
mod files;
mod policy;
mod store;
