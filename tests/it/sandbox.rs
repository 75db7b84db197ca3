//! What holds a step: every way out is tried where nothing holds it, and at each level that this machine has.

mod around;
mod bare;
mod cage;
mod corpus;
mod details;
mod helpers;
mod moved;
mod planted;

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;

use cage::{Cage, Level};

/// Tries the whole corpus in a folder of the project: exactly what is told to get out has to.
#[track_caller]
fn check(mut cage: Cage, cwd: &str, open: impl Fn(&corpus::Try) -> bool) {
    let address = SocketAddr::from_abstract_name(format!("tos-{}", cage.victim())).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let tries = corpus::all(&cage);
    assert!(tries.len() > 200, "{}", tries.len());
    for (n, one) in tries.iter().enumerate() {
        cage.step(&format!("t{n}"), cwd, one.program, &one.script);
    }
    let before = cage.worth();
    let ends = cage.run();
    let mut wrong = Vec::new();
    let is_metadata = |one: &corpus::Try| one.name.starts_with("metadata");
    if tries.iter().all(|one| !open(one) || is_metadata(one)) {
        let after = cage.worth();
        let same = |(path, (content, mode)): (&PathBuf, &(Vec<u8>, u32))| {
            after
                .get(path)
                .is_some_and(|now| now.0 == *content && (now.1 == *mode || tries.iter().any(&open)))
        };
        if after.len() != before.len() || !before.iter().all(same) {
            wrong.push("something of worth is not what it was".to_owned());
        }
        if cage.seqctl(&["audit", "verify"]).code != 0 {
            wrong.push("the log is not what was written".to_owned());
        }
    }
    for (n, one) in tries.iter().enumerate() {
        let (status, said) = &ends[&format!("t{n}")];
        match (status == "DONE", open(one)) {
            (true, false) => wrong.push(format!("{} got out: {}", one.name, one.script)),
            (false, true) => wrong.push(format!("{} was held: {} ({said})", one.name, one.script)),
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{:?}, in {cwd}: {} of {}\n{}",
        cage.level,
        wrong.len(),
        tries.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_way_out_is_one_where_nothing_holds_a_step() {
    check(Cage::new(Level::Off), ".", |_| true);
}

#[test]
fn at_its_level_a_step_in_the_project_root_gets_out_exactly_where_that_is_told() {
    for level in Level::here() {
        check(Cage::new(level), ".", |one| level == Level::Landlock && one.open_at_landlock);
    }
}

#[test]
fn a_step_in_a_folder_of_its_own_is_held_at_every_level_but_for_metadata() {
    for level in Level::here() {
        check(Cage::new(level), "sub", |one| level == Level::Landlock && one.name.starts_with("metadata"));
    }
}

#[test]
fn an_ordinary_user_is_held_as_root_is() {
    if !cage::is_root() {
        return;
    }
    check(Cage::of_user(Level::Off, NOBODY), ".", |_| true);
    for level in Level::here() {
        check(Cage::of_user(level, NOBODY), ".", |one| level == Level::Landlock && one.open_at_landlock);
        let metadata = |one: &corpus::Try| level == Level::Landlock && one.name.starts_with("metadata");
        check(Cage::of_user(level, NOBODY), "sub", metadata);
    }
}

/// A user without any right.
const NOBODY: u32 = 65534;
