//! Hostile commands, folders and environments against real folders: what the rules must hold.

mod commands;
mod folders;
mod narrowing;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;

/// A project, a folder of programs outside of it, and a neighbour that nobody allowed.
struct World {
    _temp: tempfile::TempDir,
    top: PathBuf,
}

impl World {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        let world = Self { _temp: temp, top };
        for folder in [
            "p/src/deep",
            "p/bin",
            "p/.threados/state",
            "p/scripts",
            "p/nested/.threados",
            "bin",
            "more",
            "other/sub",
            "shared/a",
            "p2/src",
        ] {
            fs::create_dir_all(world.at(folder)).unwrap();
        }
        for program in [
            "bin/tool",
            "bin/git",
            "bin/dash",
            "bin/busybox",
            "bin/sudo",
            "bin/seqctl",
            "bin/rustup",
            "p/bin/tool",
            "p/bin/evil",
            "p/scripts/build.sh",
            "p/scripts/other.sh",
            "p/src/local",
            "other/tool",
            "p2/src/run",
        ] {
            world.program(program);
        }
        fs::write(world.at("bin/data"), "not executable").unwrap();
        fs::write(world.at("p/scripts/plain.sh"), "not executable").unwrap();
        for (link, target) in [
            ("bin/sh", "dash"),
            ("bin/harmless", "dash"),
            ("bin/asroot", "sudo"),
            ("bin/ls", "busybox"),
            ("bin/cargo", "rustup"),
            ("bin/loop", "loop"),
            ("bin/dangling", "nowhere"),
            ("bin/viaproject", "../p/bin/evil"),
            ("bin/hop", "../p/hop"),
            ("p/hop", "../bin/git"),
            ("p/bin/cargo", "../../bin/git"),
            ("p/scripts/shell", "../../bin/dash"),
            ("p/scripts/alias.sh", "build.sh"),
            ("p/out", "../other"),
            ("p/etc", "/etc"),
            ("p/self", "."),
            ("p/own", ".threados"),
            ("p/round", "round"),
            ("p/inner", "src/deep"),
            ("linkbin", "p/bin"),
        ] {
            symlink(target, world.at(link)).unwrap();
        }
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.join(path)
    }

    fn program(&self, path: &str) {
        fs::write(self.at(path), "#!/bin/true\n").unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A site whose PATH has these folders; `~` in an entry stands for the top of the world.
    fn site(&self, path: &str) -> Site {
        let path = path.replace('~', self.top.to_str().unwrap());
        let site = Site::new(&self.at("p"), path).unwrap();
        site.with_own_binary(&self.at("bin/seqctl")).unwrap().with_writable([self.at("shared").as_path()])
    }

    fn judge(&self, path: &str, commands: &[&str]) -> Judge {
        let allowed_commands = commands.iter().map(|entry| self.fill(entry)).collect();
        Judge::new(&Policy { allowed_commands, ..Policy::default() }, self.site(path))
    }

    fn fill(&self, text: &str) -> String {
        text.replace('~', self.top.to_str().unwrap())
    }
}

/// How a case came out, in one word.
fn verdict<T>(result: Result<T, PolicyError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.rule().map_or_else(|| fault.code().to_owned(), |rule| rule.to_string()),
    }
}

const LISTED: &[&str] = &[
    "tool",
    "git",
    "cargo",
    "harmless",
    "asroot",
    "ls",
    "loop",
    "dangling",
    "viaproject",
    "hop",
    "data",
    "nothere",
    "./scripts/build.sh",
    "./scripts/plain.sh",
    "./scripts/shell",
    "~/other/tool",
];
