//! Real steps under real wrappers: what the issue promises of them, one by one.

mod capture;
mod ends;
mod house;
mod loss;
mod sandbox;
mod stops;
mod watch;
