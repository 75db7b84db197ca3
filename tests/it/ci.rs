//! What the README promises first is what `.ci/run` tries.

use std::fs;
use std::path::Path;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The first two command lines of the README.
fn first_commands() -> Vec<String> {
    let readme = read("README.md");
    let mut blocks = readme.split("```").skip(1).step_by(2);
    let lines =
        blocks.next().unwrap().lines().skip(1).map(|l| l.split('#').next().unwrap().trim().to_owned());
    lines.filter(|l| l.starts_with("cargo ")).take(2).collect()
}

#[test]
fn the_first_two_commands_of_the_readme_are_the_ones_that_are_tried() {
    let commands = first_commands();
    assert_eq!(commands, ["cargo run --release -p seqctl -- demo", "cargo test --workspace"]);
    let script = read(".ci/run");
    for command in commands {
        assert!(script.contains(&command), "`{command}` is not in .ci/run");
    }
}

#[test]
fn the_script_is_one_that_bash_can_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(".ci/run");
    assert_ne!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o111,
        0,
        "{} is not executable",
        path.display()
    );
    let checked = std::process::Command::new("bash").arg("-n").arg(&path).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        for part in read(document).split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(root.join(file).exists(), "{document} links to {target}, which is not there");
            }
        }
    }
}
