//! A hand at `policy.yaml`: editors empty a file before they write it, and an empty policy is the defaults, which let
//! through and deny what the person never meant. So nothing is judged by one until it has stood still for a moment.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{EXTERNAL_EDIT, PolicyFile};
use crate::id::Digest;
use crate::log::{Filter, tail};
use crate::model::Fact;
use crate::store::paths::Paths;

/// How long a policy that a hand has changed has to stand still.
pub(crate) const STILL: Duration = Duration::from_millis(100);

/// How long one that never stands still is waited for.
pub(crate) const STILL_AT_LAST: Duration = Duration::from_millis(900);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// So far back in the log is looked for the command that may have written the policy just now.
const LOOK_BACK: usize = 50;

/// Whether a file was changed so short a while ago that whoever writes it may not be done.
pub(crate) fn is_fresh(file: &Path) -> bool {
    stamp(file).is_some_and(|(at, _)| at.elapsed().unwrap_or_default() <= STILL)
}

fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let stat = fs::metadata(file).ok()?;
    Some((stat.modified().ok()?, stat.len()))
}

/// Waits until nobody is about to change the policy further: a tenth of a second where a hand has just changed it, else
/// no time at all. What a command has written is whole.
pub fn let_hand_finish(paths: &Paths) {
    let file = &paths.policy;
    let (start, mut since, mut seen) = (Instant::now(), Instant::now(), stamp(file));
    // One that says to be of the future stands still, too.
    while is_fresh(file) && since.elapsed() <= STILL && !is_of_a_command(paths) {
        // An emptied one is never taken for what is meant only because the hand goes on.
        let is_empty = seen.is_some_and(|(_, length)| length == 0);
        if start.elapsed() > STILL_AT_LAST && !is_empty {
            return;
        }
        thread::sleep(PAUSE);
        let now = stamp(file);
        if now != seen {
            (since, seen) = (Instant::now(), now);
        }
    }
}

/// Whether the log tells of a command that left the policy as it is.
fn is_of_a_command(paths: &Paths) -> bool {
    let Ok(policy) = PolicyFile::read(paths) else { return false };
    let digest = policy.digest();
    let filter = Filter { limit: Some(LOOK_BACK), ..Filter::default() };
    let told = tail(paths, &filter).unwrap_or_default();
    let by_commands = told.iter().filter(|entry| entry.action != EXTERNAL_EDIT);
    !policy.text.is_empty()
        && by_commands.flat_map(|entry| entry.facts()).any(|fact| is_policy(&fact, &digest))
}

fn is_policy(fact: &Fact, digest: &Digest) -> bool {
    matches!(fact, Fact::Policy(known) if known == digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Session;
    use crate::workspace::testing::Bed;

    /// How long is waited after this.
    fn waited(bed: &Bed, doing: impl FnOnce()) -> Duration {
        let start = Instant::now();
        doing();
        let_hand_finish(&bed.workspace.paths);
        start.elapsed()
    }

    /// The least that is waited after this, of several times: a busy machine may hold up some.
    fn least(bed: &Bed, doing: impl Fn()) -> Duration {
        (0..5).map(|_| waited(bed, &doing)).min().unwrap()
    }

    #[test]
    fn what_a_command_has_written_is_not_waited_for_and_what_a_hand_has_is() {
        let bed = Bed::new();
        let file = bed.path("policy.yaml");
        bed.ok("policy allow cat");
        assert!(is_of_a_command(&bed.workspace.paths));
        let whole = bed.read("policy.yaml");
        let edit = || fs::write(&file, whole + "#\n").unwrap();
        assert!(waited(&bed, edit) >= STILL - PAUSE, "a hand may go on");
        assert!(least(&bed, || ()) < STILL_AT_LAST, "one that stands still is taken");
        fs::write(&file, "mode: SAFE\n").unwrap();
        drop(Session::begin(&bed.workspace).unwrap());
        assert!(!is_of_a_command(&bed.workspace.paths), "that the log tells of a hand makes it no command");
    }

    #[test]
    fn a_policy_of_the_future_and_one_that_is_gone_keep_nobody() {
        let bed = Bed::new();
        let file = bed.path("policy.yaml");
        fs::write(&file, "mode: POWER\n").unwrap();
        let later = SystemTime::now() + Duration::from_secs(3600);
        fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        assert!(least(&bed, || ()) < STILL_AT_LAST);
        assert!(least(&bed, || drop(fs::remove_file(&file))) < STILL_AT_LAST);
    }
}
