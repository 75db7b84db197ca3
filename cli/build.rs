//! Links the program to a fixed address where the platform can.
//!
//! Every `seqctl` is a process of its own, often for a few milliseconds. Position-independent, it would have some
//! 35,000 addresses filled in at each start, over 150 pages: half of all its page faults, and more than `status` takes.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
