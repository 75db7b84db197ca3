//! Capability tokens: what a process of a step shows beside its place in the process tree.

use std::io;

use crate::id::Digest;
use crate::store::{Paths, secret};
use crate::wrapper::AttemptKey;

/// What every token begins with, so that the redactor knows one wherever it appears.
const PREFIX: &str = "threados_";

/// Makes the token of every attempt from one secret of 256 bits: an engine that is started again knows them all,
/// and none is kept anywhere.
pub(super) struct Tokens {
    secret: String,
}

impl Tokens {
    /// Reads the secret of a project, `state/broker.key` (0600), or makes it. One that others could read is
    /// replaced, and so is one that is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(paths: &Paths) -> io::Result<Self> {
        Ok(Self { secret: secret::read_or_make(&paths.state_dir.join("broker.key"), "")? })
    }

    /// The token of an attempt, 64 hex digits after its prefix.
    pub fn of(&self, key: &AttemptKey) -> String {
        let name = format!("{}/{}/{}", key.run_id, key.step_id, key.attempt);
        let secret = self.secret.as_bytes();
        // Hashed twice, so that nobody continues the hash of a name to that of a longer one.
        let inner = Digest::of([secret, name.as_bytes()]);
        format!("{PREFIX}{}", Digest::of([secret, inner.as_str().as_bytes()]))
    }

    /// Whether this is the token of an attempt; takes the same time wherever it differs.
    pub fn is_of(&self, token: &str, key: &AttemptKey) -> bool {
        secret::same(&self.of(key), token)
    }
}

/// The attempt, of these, that a token is of: for doors that know their callers by it alone.
///
/// # Errors
/// What the system says of the secret's file.
pub fn attempt_of_token(
    paths: &Paths,
    token: &str,
    mut attempts: impl Iterator<Item = AttemptKey>,
) -> io::Result<Option<AttemptKey>> {
    let tokens = Tokens::open(paths)?;
    Ok(attempts.find(|key| tokens.is_of(token, key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;
    use crate::store::paths::Outside;

    fn key(step: &str, attempt: u32) -> AttemptKey {
        let run_id = RunId::new("20261122T204355Z-7f3a").unwrap();
        AttemptKey { run_id, step_id: step.parse().unwrap(), attempt }
    }

    #[test]
    fn a_token_is_of_one_attempt_and_the_next_engine_knows_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(".threados/state")).unwrap();
        let paths = Paths::with_outside(dir.path(), &Outside::below(dir.path())).unwrap();
        let token = Tokens::open(&paths).unwrap().of(&key("lead", 1));
        let tokens = Tokens::open(&paths).unwrap();
        assert!(tokens.is_of(&token, &key("lead", 1)));
        assert!(!tokens.is_of(&token, &key("lead", 2)) && !tokens.is_of(&token, &key("other", 1)));
        assert!(!tokens.is_of(&token[..70], &key("lead", 1)) && !tokens.is_of("", &key("lead", 1)));
        assert_eq!(crate::policy::Redactor::default().redact(&format!("got {token}")), "got [redacted]");
    }
}
