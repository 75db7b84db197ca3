//! Links the program to a fixed address, and with an unwinder of its own, where the platform can.
//!
//! Every `seqctl` is a process of its own, often for a few milliseconds. Position-independent, it would have some
//! 35,000 addresses filled in at each start, over 150 pages: half of all its page faults, and more than `status` takes.
//! A library of the system costs the lookup of each of its symbols and some thirty pages more.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if has("libgcc_eh.a") {
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}

/// Whether the C compiler that links has an archive: then it says where.
fn has(archive: &str) -> bool {
    let told = Command::new("cc").arg(format!("-print-file-name={archive}")).output();
    told.is_ok_and(|told| Path::new(String::from_utf8_lossy(&told.stdout).trim()).is_absolute())
}
