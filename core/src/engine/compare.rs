//! Two attempts side by side: of one step in two runs, or of two steps in one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::id::{RunId, StepId};
use crate::store::{Paths, regular};
use crate::workspace::lines;
use crate::wrapper::StepRecord;

/// A larger file is not compared line by line.
const LARGEST: u64 = 1 << 20;
/// What does not give a small difference in this time gives a larger one.
const TIME: Duration = Duration::from_millis(500);
/// What follows a last line that has no end, as every tool for patches writes it.
const NO_NEWLINE: &str = "\n\\ No newline at end of file\n";

/// One of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepId,
}

/// A value of both records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Its name: `status`, `duration_ms`, `outputs.risk`.
    pub name: String,
    /// Of the first; null where it has none.
    pub a: Value,
    /// Of the second.
    pub b: Value,
    /// Whether they are not the same.
    pub differs: bool,
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// Its path in the folder of the step.
    pub file: String,
    /// The unified diff; `None` where there is only something to say about it.
    pub diff: Option<String>,
    /// What there is to say: only one has it, binary, too large.
    pub note: Option<String>,
}

/// Two attempts side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The first.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// Their records.
    pub fields: Vec<Field>,
    /// What they said and left, where it differs.
    pub files: Vec<FileDiff>,
}

impl Comparison {
    /// The names of what differs, but for times, which always do.
    pub fn differing(&self) -> Vec<&str> {
        let fields =
            self.fields.iter().filter(|f| f.differs && f.name != "duration_ms").map(|f| f.name.as_str());
        fields.chain(self.files.iter().map(|f| f.file.as_str())).collect()
    }
}

/// Compares two attempts. Without a record on a side there is nothing to compare there but its files.
pub fn compare(paths: &Paths, a: &Side, b: &Side) -> Comparison {
    let folders = [a, b].map(|side| paths.run_step(&side.run, &side.step));
    let records = folders.each_ref().map(|folder| StepRecord::read(folder).ok().flatten());
    let names = [a, b].map(|side| if a.run == b.run { side.step.to_string() } else { side.run.to_string() });
    Comparison {
        fields: fields(&records),
        files: files(&folders).iter().filter_map(|file| file_diff(&folders, file, &names)).collect(),
        a: a.clone(),
        b: b.clone(),
    }
}

const FIELDS: &[&str] = &[
    "status",
    "reason",
    "attempt",
    "duration_ms",
    "exit_code",
    "signal",
    "model",
    "stdout_bytes",
    "stderr_bytes",
];

fn fields(records: &[Option<StepRecord>; 2]) -> Vec<Field> {
    let [a, b] = records.each_ref().map(|r| json!(r));
    let of = |name: String, a: &Value, b: &Value| Field { name, differs: a != b, a: a.clone(), b: b.clone() };
    let mut all: Vec<Field> =
        FIELDS.iter().map(|name| of((*name).to_owned(), &a[*name], &b[*name])).collect();
    for part in ["usage", "outputs"] {
        let keys: BTreeSet<&String> = [&a[part], &b[part]]
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|map| map.keys())
            .collect();
        all.extend(keys.into_iter().map(|key| of(format!("{part}.{key}"), &a[part][key], &b[part][key])));
    }
    all.retain(|field| !(field.a.is_null() && field.b.is_null()));
    all
}

/// What is worth comparing: what they said, what they changed, what they left.
fn files(folders: &[PathBuf; 2]) -> Vec<String> {
    let has = |name: &str| folders.iter().any(|folder| folder.join(name).is_file());
    let said = if has("summary.md") { "summary.md" } else { "stdout.log" };
    let mut files: Vec<String> =
        [said, "diff.patch"].iter().filter(|f| has(f)).map(|f| (*f).to_owned()).collect();
    let mut artifacts = BTreeSet::new();
    for folder in folders {
        below(&folder.join("artifacts"), "artifacts", &mut artifacts);
    }
    files.extend(artifacts);
    files
}

fn below(folder: &Path, name: &str, found: &mut BTreeSet<String>) {
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{name}/{}", item.file_name().to_string_lossy());
        match item.file_type() {
            Ok(kind) if kind.is_dir() => below(&item.path(), &name, found),
            Ok(kind) if kind.is_file() => drop(found.insert(name)),
            _ => {}
        }
    }
}

/// How a file differs; `None` where it does not.
fn file_diff(folders: &[PathBuf; 2], file: &str, names: &[String; 2]) -> Option<FileDiff> {
    let paths = folders.each_ref().map(|folder| folder.join(file));
    let sizes = paths.each_ref().map(|path| fs::metadata(path).ok().map(|m| m.len()));
    let said = |note: String| Some(FileDiff { file: file.to_owned(), diff: None, note: Some(note) });
    let (size_a, size_b) = match sizes {
        [Some(a), Some(b)] => (a, b),
        [Some(_), None] => return said(format!("only {} has it", names[0])),
        [None, Some(_)] => return said(format!("only {} has it", names[1])),
        [None, None] => return None,
    };
    if size_a.max(size_b) > LARGEST {
        let same = size_a == size_b && same_bytes(&paths);
        return if same { None } else { said(format!("large: {size_a} and {size_b} bytes")) };
    }
    let [old, new] = paths.map(|path| regular::read(&path).unwrap_or_default());
    if old == new {
        return None;
    }
    match (String::from_utf8(old), String::from_utf8(new)) {
        (Ok(old), Ok(new)) => {
            let [a, b] = names.each_ref().map(|name| format!("{name}/{file}"));
            let mut text = format!("--- {a}\n+++ {b}\n");
            let [old, new] = [&old, &new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
            lines::hunks(0, (&old, &new), Some(Instant::now() + TIME), &mut text, |line, out| {
                out.push_str(line);
                if !line.ends_with('\n') {
                    out.push_str(NO_NEWLINE);
                }
            });
            Some(FileDiff { file: file.to_owned(), diff: Some(text), note: None })
        }
        _ => said(format!("binary: {size_a} and {size_b} bytes")),
    }
}

/// Compares two files of the same size piece by piece.
fn same_bytes(paths: &[PathBuf; 2]) -> bool {
    use std::io::{BufRead as _, BufReader};
    let [Ok(a), Ok(b)] = paths.each_ref().map(|path| regular::open(path)) else { return false };
    let (mut a, mut b) = (BufReader::with_capacity(64 << 10, a), BufReader::with_capacity(64 << 10, b));
    loop {
        let same = match (a.fill_buf(), b.fill_buf()) {
            (Ok([]), Ok([])) => return true,
            (Ok(x), Ok(y)) => {
                let n = x.len().min(y.len());
                if n > 0 && x[..n] == y[..n] { n } else { return false }
            }
            _ => return false,
        };
        a.consume(same);
        b.consume(same);
    }
}
