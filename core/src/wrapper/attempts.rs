//! An earlier attempt makes room for the next: it is moved, whole, to `attempts/<n>/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{StepRecord, WrapperError, planted};
use crate::store::paths::create_below;

const FOLDER: &str = "attempts";
const PART: &str = ".part";

/// Makes `step_dir` within its project and empties it for attempt `attempt`: what an earlier one left is moved to
/// `attempts/<n>/`, with `n` from its record.
///
/// A crash at any instant loses nothing and mixes nothing: entries go one by one into `attempts/<n>.part`, which
/// gets its name last; whoever finds a `.part` first finishes it, before anything of a new attempt is written.
///
/// # Errors
/// [`WrapperError::File`].
pub(super) fn make_room(step_dir: &Path, attempt: u32) -> Result<(), WrapperError> {
    match fs::create_dir(step_dir) {
        Ok(()) => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // The run's folder is gone, and perhaps that of all runs.
            return create_below(step_dir, 2).map_err(WrapperError::file("create", step_dir));
        }
        // Of an attempt whose wrapper was killed, nobody has looked at it.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => planted::forget_planted(step_dir),
        Err(e) => return Err(WrapperError::file("create", step_dir)(e)),
    }
    let folder = step_dir.join(FOLDER);
    let part = match unfinished(&folder)? {
        Some(part) => part,
        None if entries(step_dir)?.is_empty() => return Ok(()),
        None => begin(step_dir, &folder, attempt)?,
    };
    for entry in entries(step_dir)? {
        let target = part.join(entry.file_name().unwrap_or_default());
        fs::rename(&entry, &target).map_err(WrapperError::file("move", &entry))?;
    }
    let whole = part.with_extension("");
    fs::rename(&part, &whole).map_err(WrapperError::file("move", &part))
}

/// What an attempt left in its folder: everything but the earlier attempts.
fn entries(step_dir: &Path) -> Result<Vec<PathBuf>, WrapperError> {
    let mut found = list(step_dir)?;
    found.retain(|path| path.file_name().is_some_and(|name| name != FOLDER));
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, WrapperError> {
    let read = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(WrapperError::file("read", folder))?,
    };
    read.map(|entry| entry.map(|e| e.path()).map_err(WrapperError::file("read", folder))).collect()
}

fn unfinished(folder: &Path) -> Result<Option<PathBuf>, WrapperError> {
    let is_part = |path: &PathBuf| path.extension().is_some_and(|ext| ext == &PART[1..]);
    Ok(list(folder)?.into_iter().find(is_part))
}

fn begin(step_dir: &Path, folder: &Path, attempt: u32) -> Result<PathBuf, WrapperError> {
    // An attempt whose wrapper was killed has no record; then it is the one before this.
    let record = StepRecord::read(step_dir).ok().flatten();
    let mut number = record.map_or_else(|| attempt.saturating_sub(1).max(1), |r| r.attempt);
    while folder.join(number.to_string()).exists() {
        number += 1;
    }
    let part = folder.join(format!("{number}{PART}"));
    fs::create_dir_all(&part).map_err(WrapperError::file("create", &part))?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::sample;
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = list(folder)
            .unwrap()
            .iter()
            .map(|p| p.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    fn leave_attempt(step_dir: &Path, attempt: u32) {
        fs::write(step_dir.join("stdout.log"), format!("attempt {attempt}")).unwrap();
        StepRecord { attempt, ..sample() }.write(step_dir).unwrap();
    }

    #[test]
    fn each_attempt_moves_whole_to_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let step = dir.path().join("runs/r/build");
        for attempt in 1..=3 {
            make_room(&step, attempt).unwrap();
            leave_attempt(&step, attempt);
        }
        assert_eq!(names(&step.join("attempts")), ["1", "2"]);
        assert_eq!(names(&step), ["attempts", "status.json", "stdout.log"]);
        assert_eq!(fs::read_to_string(step.join("attempts/2/stdout.log")).unwrap(), "attempt 2");
        assert_eq!(StepRecord::read(&step.join("attempts/1")).unwrap().unwrap().attempt, 1);
    }

    #[test]
    fn an_attempt_without_a_record_is_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("stdout.log"), "cut short").unwrap();
        make_room(dir.path(), 4).unwrap();
        assert_eq!(names(&dir.path().join("attempts")), ["3"]);
    }

    #[test]
    fn a_move_that_was_cut_short_is_finished_under_its_own_number() {
        let dir = tempfile::tempdir().unwrap();
        leave_attempt(dir.path(), 1);
        let part = dir.path().join("attempts/1.part");
        fs::create_dir_all(&part).unwrap();
        fs::rename(dir.path().join("status.json"), part.join("status.json")).unwrap();
        make_room(dir.path(), 5).unwrap();
        assert_eq!(names(dir.path()), ["attempts"]);
        assert_eq!(names(&dir.path().join("attempts/1")), ["status.json", "stdout.log"]);
    }

    #[test]
    fn a_number_that_is_taken_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("attempts/1")).unwrap();
        leave_attempt(dir.path(), 1);
        make_room(dir.path(), 2).unwrap();
        assert_eq!(names(&dir.path().join("attempts")), ["1", "2"]);
    }
}
