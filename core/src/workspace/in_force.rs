//! What holds although `sequence.yaml` is broken or gone: its last good version stays in force.
//!
//! What has happened does not rest on the file, so whoever only reads that goes on by the last good version; nor does the
//! policy, which can be changed then. Whoever changes or starts anything else reads the file itself and is refused.

use std::sync::Arc;

use super::external::{POLICY, SEQUENCE, known};
use super::{DoorError, Request, Snapshot, Workspace};
use crate::policy::Redactor;
use crate::store::paths::Paths;
use crate::store::yaml::{self, Document};

/// The sequence of a project of which no version is known that was good.
const NONE: &str = "version: '1.0'\nname: unknown\nsteps: []\ngates: []\n";

/// What is so by the sequence in force, and what is wrong with the file where that is not it.
#[derive(Debug)]
pub struct InForce {
    /// What is so.
    pub snapshot: Snapshot,
    /// Why the file itself does not count.
    pub fault: Option<DoorError>,
}

impl Workspace {
    /// What is so by the version of the sequence that is in force, for who only reads what has happened.
    ///
    /// # Errors
    /// [`DoorError`] where what has happened cannot be read.
    pub fn in_force(&self) -> Result<InForce, DoorError> {
        self.snapshot().map_or_else(|fault| or_last_good(&self.paths, fault), |read| Ok(read.into()))
    }

    /// The patterns of the policy for what is secret; of a broken one what can be read, else of the one known last.
    pub fn secret_patterns(&self, snapshot: &Snapshot) -> Vec<String> {
        if let Ok(policy) = &snapshot.policy.policy {
            return policy.redact.clone();
        }
        let read = |text: &str| yaml::parse_policy(text.as_bytes()).document;
        let document = read(&snapshot.policy.text).or_else(|| read(&known(&self.paths, POLICY)?));
        let patterns = document.map(|document| document.policy().redact.clone()).unwrap_or_default();
        // One that is broken itself hides nothing, and keeps the others from nothing.
        patterns.into_iter().filter(|p| Redactor::new(std::slice::from_ref(p), &[]).is_ok()).collect()
    }
}

impl From<Snapshot> for InForce {
    fn from(snapshot: Snapshot) -> Self {
        Self { snapshot, fault: None }
    }
}

/// What has to be whole for a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Basis {
    /// The sequence as it stands in the file.
    Sequence,
    /// Only the policy.
    Policy,
}

impl Basis {
    /// That of a request.
    pub fn of(request: &Request) -> Self {
        let names = request.names();
        let only_policy = names.iter().all(|name| name.starts_with("policy."));
        if only_policy && !names.is_empty() { Self::Policy } else { Self::Sequence }
    }

    /// What a request of this kind is made on, by what was read.
    pub fn settle(self, read: Result<Snapshot, DoorError>, paths: &Paths) -> Result<InForce, DoorError> {
        match (read, self) {
            (Err(fault), Self::Policy) => or_last_good(paths, fault),
            (read, _) => read.map(InForce::from),
        }
    }
}

/// The last good version. Where what has happened cannot be read either, the first fault is the one to tell.
fn or_last_good(paths: &Paths, fault: DoorError) -> Result<InForce, DoorError> {
    match last_good(paths).and_then(|good| Snapshot::around(good, paths).ok()) {
        Some(snapshot) => Ok(InForce { snapshot, fault: Some(fault) }),
        None => Err(fault),
    }
}

fn last_good(paths: &Paths) -> Option<Arc<Document>> {
    let known = known(paths, SEQUENCE).unwrap_or_else(|| NONE.to_owned());
    [known.as_str(), NONE].into_iter().find_map(|text| yaml::parse(text.as_bytes()).document).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::workspace::testing::{Bed, request};

    #[test]
    fn a_sequence_that_is_broken_or_gone_is_read_as_it_was_when_it_was_good() {
        let bed = Bed::new();
        bed.ok("step add a -- true");
        let ids = || {
            let read = bed.workspace.in_force().unwrap();
            let ids: Vec<_> = read.snapshot.sequence().steps.iter().map(|s| s.id.to_string()).collect();
            (ids, read.fault.map(|fault| fault.code().to_owned()))
        };
        assert_eq!(ids(), (vec!["a".into()], None));
        fs::write(bed.path("sequence.yaml"), "steps: [").unwrap();
        assert_eq!(ids(), (vec!["a".into()], Some("INVALID_FILE".into())));
        fs::remove_file(bed.path("sequence.yaml")).unwrap();
        assert_eq!(ids().0, ["a"]);
        fs::remove_file(bed.path("state/sequence.yaml.last")).unwrap();
        assert!(ids().0.is_empty(), "nothing is known, and what happened can be read all the same");
    }

    #[test]
    fn the_policy_is_changed_whatever_is_wrong_with_the_sequence_and_nothing_else_is() {
        let bed = Bed::new();
        bed.ok("step add a -- true");
        for broken in [Some("steps: ["), None] {
            match broken {
                Some(text) => fs::write(bed.path("sequence.yaml"), text).unwrap(),
                None => fs::remove_file(bed.path("sequence.yaml")).unwrap(),
            }
            let program = if broken.is_some() { "cat" } else { "ls" };
            let done = bed.ok(&format!("policy allow {program}"));
            assert!(done.notes.iter().any(|note| note.contains("sequence.yaml")), "{:?}", done.notes);
            assert!(bed.read("policy.yaml").contains(program));
            assert_eq!(bed.actions().last().unwrap(), "policy.allow");
            assert!(bed.submit(&request(&["policy allow cp", "step add b -- true"])).is_err());
            assert_eq!(fs::read_to_string(bed.path("sequence.yaml")).ok().as_deref(), broken);
        }
        assert!(!bed.actions().contains(&"external.edit".to_owned()));
        bed.assert_clean();
    }

    #[test]
    fn what_a_broken_policy_calls_secret_stays_hidden() {
        let bed = Bed::new();
        let patterns = |text: &str| {
            fs::write(bed.path("policy.yaml"), text).unwrap();
            bed.workspace.secret_patterns(&bed.workspace.snapshot().unwrap())
        };
        assert_eq!(patterns("redact: ['S[0-9]+', '(']\n"), ["S[0-9]+"], "of two one is broken");
        assert_eq!(patterns("redact: ['S[0-9]+']\nmood: good\n"), ["S[0-9]+"]);
    }
}
