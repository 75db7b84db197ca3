//! The rules of the house that a machine can hold.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `core/`, from the ground up: each may use only those before it.
const LAYERS: &[&str] = &[
    "id",
    "join",
    "memory",
    "turns",
    "plain",
    "model",
    "dag",
    "layout",
    "graph",
    "action",
    "template",
    "grammar",
    "thread_template",
    "policy",
    "store",
    "log",
    "git",
    "model_cli",
    "export",
    "wrapper",
    "executor",
    "workspace",
    "engine",
    "proposal",
    "view",
    "chat",
    "mcp",
    "http",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every Rust file below these folders, with its text.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo: Vec<PathBuf> = folders.iter().map(|f| root().join(f)).collect();
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folders:?}");
    found.sort();
    found
}

/// The part of a file that is not its tests; empty for a file of tests.
fn product<'a>(path: &Path, text: &'a str) -> &'a str {
    let tests =
        path.components().any(|c| matches!(c.as_os_str().to_str(), Some("tests" | "tests.rs" | "hostile")))
            || path.ends_with("testing.rs");
    if tests { "" } else { before_tests(text) }
}

/// What stands before the module of tests at the end of a file.
fn before_tests(text: &str) -> &str {
    let is_tests = |rest: &str| {
        let first = rest.lines().next().unwrap_or_default();
        first.contains("mod ") && first.ends_with('{')
    };
    let starts = text
        .match_indices("\n#[cfg(")
        .filter(|(i, _)| text[*i..].trim_start().split(']').next().unwrap().contains("test"));
    let mut ends =
        starts.filter(|(i, _)| text[i + 1..].split_once('\n').is_some_and(|(_, rest)| is_tests(rest)));
    ends.next().map_or(text, |(i, _)| &text[..i])
}

/// The code of a text: without comments and without what stands in strings.
fn code(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that a text of `core/` names after `crate::`.
fn used(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (i, _) in text.match_indices("crate::") {
        let rest = &text[i + "crate::".len()..];
        let grouped = rest.strip_prefix('{').and_then(|r| r.split('}').next());
        let list = grouped.map_or_else(|| vec![rest], |group| group.split(',').map(str::trim).collect());
        names.extend(list.iter().map(|name| {
            name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        }));
    }
    names
}

#[test]
fn each_layer_of_core_uses_only_those_below_it() {
    let mut wrong = Vec::new();
    for (path, text) in sources(&["core/src"]) {
        let module = path.strip_prefix("core/src").unwrap().components().next().unwrap();
        let module = module.as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let level = LAYERS.iter().position(|l| *l == module);
        let level = level.unwrap_or_else(|| panic!("{}: give {module} a place in LAYERS", path.display()));
        for name in used(&code(product(&path, &text))) {
            let other = LAYERS.iter().position(|l| *l == name);
            if other.is_some_and(|other| other > level) {
                wrong.push(format!("{}: {module} uses {name}, which is above it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_of_core_has_its_layer() {
    let lib = fs::read_to_string(root().join("core/src/lib.rs")).unwrap();
    let mut declared: Vec<&str> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut layers = LAYERS.to_vec();
    declared.sort_unstable();
    layers.sort_unstable();
    assert_eq!(declared, layers);
}

#[test]
fn faces_know_core_and_not_each_other_and_core_knows_no_face() {
    let manifest =
        |folder: &str| fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap_or_default();
    let depends = |folder: &str, on: &str| manifest(folder).lines().any(|l| l.starts_with(on));
    assert!(depends("cli", "threados-core"));
    assert!(!depends("core", "seqctl") && !depends("core", "threados"));
    assert!(depends("app", "threados-core"));
    assert!(!depends("cli", "threados."));
    // The program of the window holds the command line, too; the window itself knows nothing of it.
    let known = lines_with(&["app/src"], &["seqctl::"], &["app/src/main.rs"]);
    assert!(known.is_empty(), "{}", known.join("\n"));
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let all = sources(&["core", "cli", "app", "tests", "benches"]);
    let long: Vec<String> = all
        .iter()
        .filter(|(_, text)| text.lines().count() > 400)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split these by what they are about:\n{}", long.join("\n"));
}

/// Lines of product code that have one of these words.
fn lines_with(folders: &[&str], words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(folders) {
        if allowed.iter().any(|a| path.starts_with(a)) {
            continue;
        }
        for (number, line) in product(&path, &text).lines().enumerate() {
            let is_code = !line.trim_start().starts_with("//");
            if is_code && words.iter().any(|w| line.contains(w)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn nothing_panics_on_purpose() {
    let words = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("];
    let found = lines_with(&["core/src", "cli/src", "app/src"], &words, &[]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_one_place_prints() {
    let words = ["println!", "eprintln!", "print!(", "eprint!("];
    let found = lines_with(&["core/src", "cli/src", "app/src"], &words, &[]);
    assert!(found.is_empty(), "use output.rs of the face, or tracing:\n{}", found.join("\n"));
    let allowed = ["cli/src/output.rs", "cli/src/command/engine.rs", "app/src/output.rs"];
    let writers = lines_with(&["cli/src", "app/src"], &["stdout().lock()"], &allowed);
    assert!(writers.is_empty(), "{}", writers.join("\n"));
}

#[test]
fn unsafe_code_stays_in_the_wrapper_and_with_memory_and_turns() {
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"];
    let found = lines_with(
        &["core/src", "cli/src", "app", "tests", "benches"],
        &words,
        &[
            "core/src/wrapper",
            "core/src/memory.rs",
            "core/src/turns.rs",
            "tests/src/kernel.rs",
            "tests/it/architecture.rs",
        ],
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_only_linux_has_stays_in_the_code_for_platforms() {
    let words = [
        "inotify::",
        "epoll",
        "pidfd",
        "signalfd",
        "eventfd",
        "memfd",
        "prctl",
        "pipe_with",
        "SocketFlags",
        "std::os::linux",
        "Landlock::",
        "landlock::",
        "seccomp",
    ];
    let platform = ["core/src/wrapper/linux", "core/src/wrapper/sandbox", "core/src/log/watch"];
    assert!(!lines_with(&["core/src"], &words, &[]).is_empty());
    let found = lines_with(&["core/src", "cli/src", "app/src"], &words, &platform);
    assert!(found.is_empty(), "other platforms do not have this:\n{}", found.join("\n"));
}

#[test]
fn core_does_no_terminal_input_or_output() {
    let words = ["std::io::stdout", "std::io::stdin", "io::stdout()", "io::stdin()", "IsTerminal"];
    let found = lines_with(&["core/src"], &words, &["core/src/wrapper"]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_frame_of_the_window_waits() {
    let words = ["std::fs", "std::thread", "std::process::Command", "tokio", "File::", ".recv()", "sleep("];
    let found = lines_with(&["app/src"], &words, &["app/src/backend"]);
    assert!(found.is_empty(), "what waits belongs into app/src/backend:\n{}", found.join("\n"));
}

#[test]
fn colours_stand_in_the_theme_alone() {
    let named = "WHITE BLACK RED GREEN BLUE YELLOW GRAY DARK_GRAY LIGHT_GRAY ORANGE GOLD PURPLE".split(' ');
    let named: Vec<String> = named.map(|name| format!("Color32::{name}")).collect();
    let mut words = vec!["Color32::from_", "Rgba::from_", "hex_color!"];
    words.extend(named.iter().map(String::as_str));
    let found = lines_with(&["app/src"], &words, &["app/src/theme"]);
    assert!(found.is_empty(), "name them in app/src/theme/tokens.rs:\n{}", found.join("\n"));
}

#[test]
fn work_that_is_left_is_not_left_in_the_code() {
    let words = ["TODO", "FIXME", "XXX", "HACK"];
    let found: Vec<String> = sources(&["core/src", "cli/src", "app/src"])
        .iter()
        .flat_map(|(path, text)| {
            let hits = text.lines().filter(|l| words.iter().any(|w| l.contains(w)));
            hits.map(|l| format!("{}: {}", path.display(), l.trim())).collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
