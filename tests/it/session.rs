//! A session at the command line as text: what was typed, what was printed, how it ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::support::Project;

pub fn session(p: &Project, lines: &[&str]) -> String {
    let mut out = String::new();
    for line in lines {
        let before = files(p);
        let ran = p.run(line);
        if (2..=8).contains(&ran.code) {
            assert_eq!(before, files(p), "seqctl {line} failed and changed files");
        }
        out += &format!("$ seqctl {line}\n{}", pretty(&ran.stdout));
        for text in ran.stderr.lines() {
            out += &format!("! {text}\n");
        }
        out += &format!("= {}\n\n", ran.code);
    }
    normal(p, &out)
}

/// What a failed command must leave as it is, byte for byte.
fn files(p: &Project) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |path: &Path| {
        if let Ok(bytes) = fs::read(path) {
            files.insert(path.to_string_lossy().into_owned(), bytes);
        }
    };
    add(&p.path("sequence.yaml"));
    add(&p.path("policy.yaml"));
    for prompt in fs::read_dir(p.path("prompts")).into_iter().flatten().flatten() {
        add(&prompt.path());
    }
    files
}

/// One JSON object is easier to read over several lines.
fn pretty(stdout: &str) -> String {
    match serde_json::from_str::<Value>(stdout) {
        Ok(value) if value.is_object() => format!("{value:#}\n"),
        _ => stdout.to_owned(),
    }
}

/// The text without what changes from run to run.
fn normal(p: &Project, text: &str) -> String {
    let root = p.root();
    let home = root.parent().unwrap();
    let mut text =
        text.replace(&*root.to_string_lossy(), "[ROOT]").replace(&*home.to_string_lossy(), "[TMP]");
    for (pattern, with) in [
        (r"\d{8}T\d{6}Z-[0-9a-f]{4}", "[RUN]"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "[TIME]"),
        (r"\b[0-9a-f]{64}\b", "[HASH]"),
        (r"revision [0-9a-f]{6,16}", "revision [HASH]"),
        (r#""(duration_ms|pid|avg_step_ms|noted|peak_concurrency)": [\d.]+"#, "\"$1\": [N]"),
        (r"\b\d+ ms\b|\b\d+\.\d s\b|\b\d+m\d\ds\b", "[SPAN]"),
        (r"(?m)^(duration_ms|pid)( +)\d+$", "$1$2[N]"),
        (r"seqctl-under-test", "seqctl"),
        (r"  +", "  "),
        // What confines steps is the machine's; the tests of the sandbox look at it.
        (r#""sandbox": "(bubblewrap|landlock|none)""#, "\"sandbox\": \"[LEVEL]\""),
        (r#"(?m)^ *"sandbox_open": .*\n"#, ""),
        (r", sandbox \w+( \(.*\))?", ", sandbox [LEVEL]"),
        (r"(?m)^ *sandbox (landlock|none): .*\n", ""),
        (r"(?m)^(ok|warn|fail) +(agents' )?sandbox .*\n( +mend: .*\n)?", ""),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}
