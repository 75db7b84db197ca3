//! The environment of a step, rebuilt from nothing.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::denial::Place;
use super::env_names::{is_residue, why_forbidden};
use super::redact::is_secret_name;
use super::{Denial, Rule};

/// The environment a step gets, and which of its values must never be shown.
///
/// What the person's own environment says passes: PATH, HOME, the locale, proxies, toolchain homes, the keys
/// of agents, and whatever else a build may need, for the person exported it. What stays behind is residue of
/// the place ThreadOS was started from: loader preloads, shell start-up hooks, the repository of a git hook,
/// another step's `THREADOS_*`. What `env:` of a step sets passes too, unless it steers what programs load or
/// execute: that is a [`Denial`], when it is proposed and again when it is started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepEnv {
    vars: BTreeMap<OsString, OsString>,
}

impl StepEnv {
    /// Rebuilds the environment from our own and the `env:` of a step, after templates.
    ///
    /// # Errors
    /// As [`check_env`].
    pub fn rebuild(
        ours: impl IntoIterator<Item = (OsString, OsString)>,
        step: &BTreeMap<String, String>,
    ) -> Result<Self, Denial> {
        check_env(step)?;
        let mut vars: BTreeMap<_, _> = ours.into_iter().filter(|(name, _)| !is_residue(name)).collect();
        vars.extend(step.iter().map(|(name, value)| (name.into(), value.into())));
        Ok(Self { vars })
    }

    /// Sets a variable of ThreadOS itself (`THREADOS_RUN_ID`, …).
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.vars.insert(name.into(), value.into());
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The values that a [`super::Redactor`] must hide wherever they appear: those of variables that are
    /// named like a key, token, secret or password.
    pub fn secrets(&self) -> Vec<String> {
        let named = self.vars.iter().filter(|(name, _)| name.to_str().is_some_and(is_secret_name));
        named.filter_map(|(_, value)| value.to_str()).filter(|v| !v.is_empty()).map(str::to_owned).collect()
    }

    /// Every variable that is text, sorted by name. What is not UTF-8 cannot be given on; it was residue of a
    /// terminal, never of a step.
    pub fn into_texts(self) -> Vec<(String, String)> {
        let vars = self.vars.into_iter();
        vars.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
    }

    /// Every variable, sorted by name.
    pub fn into_vars(self) -> Vec<(OsString, OsString)> {
        self.vars.into_iter().collect()
    }
}

/// Judges the `env:` of a step.
///
/// # Errors
/// A [`Denial`] naming the first variable that no step may set, or that no process can be given.
pub fn check_env(step: &BTreeMap<String, String>) -> Result<(), Denial> {
    step.iter().try_for_each(|(name, value)| check_variable(name, value))
}

fn check_variable(name: &str, value: &str) -> Result<(), Denial> {
    let deny = |message: String, hint: &str| Err(Denial::new(Rule::Env, name, Place::BuiltIn, message, hint));
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        let message = format!("the variable `{}` cannot be given to a process", name.escape_debug());
        return deny(message, "a name is not empty and has no `=`; neither part has a NUL byte");
    }
    match why_forbidden(name) {
        None => Ok(()),
        Some(reason) => {
            let hint = if is_residue(OsStr::new(name)) {
                "remove it from the step's env"
            } else {
                "remove it from the step's env; if every step shall have it, export it where ThreadOS starts"
            };
            deny(format!("a step may not set `{name}`: {}", reason.0), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        vars.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn step(vars: &[(&str, &str)]) -> BTreeMap<String, String> {
        vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_persons_environment_passes_and_residue_stays_behind() {
        let own = ours(&[
            ("PATH", "/usr/bin"),
            ("HOME", "/home/me"),
            ("NODE_OPTIONS", "--max-old-space-size=4096"),
            ("LD_PRELOAD", "/tmp/evil.so"),
            ("GIT_DIR", "/elsewhere/.git"),
            ("GIT_AUTHOR_NAME", "Me"),
            ("THREADOS_TOKEN", "of another step"),
            ("BASH_FUNC_cd%%", "() { :; }"),
        ]);
        let env = StepEnv::rebuild(own, &step(&[("RUST_LOG", "info")])).unwrap();
        let names: Vec<_> =
            env.into_vars().into_iter().map(|(name, _)| name.into_string().unwrap()).collect();
        assert_eq!(names, ["GIT_AUTHOR_NAME", "HOME", "NODE_OPTIONS", "PATH", "RUST_LOG"]);
    }

    #[test]
    fn a_step_overrides_what_it_may_and_is_denied_what_it_may_not() {
        let env = StepEnv::rebuild(ours(&[("LANG", "C")]), &step(&[("LANG", "de_DE.UTF-8")])).unwrap();
        assert_eq!(env.get("LANG"), Some(OsStr::new("de_DE.UTF-8")));
        let denial = StepEnv::rebuild([], &step(&[("LD_PRELOAD", "x.so")])).unwrap_err();
        assert_eq!((denial.rule, denial.value.as_str()), (Rule::Env, "LD_PRELOAD"));
        assert!(denial.to_string().contains("a step may not set `LD_PRELOAD`"), "{denial}");
    }

    #[test]
    fn what_no_process_can_be_given_is_denied() {
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0y")] {
            assert!(check_env(&step(&[(name, value)])).is_err(), "{name:?}={value:?}");
        }
    }

    #[test]
    fn the_values_of_secret_names_are_told_to_the_redactor() {
        let own = ours(&[("ANTHROPIC_API_KEY", "k-123456"), ("PGPASSWORD", "hunter22"), ("USER", "me")]);
        let env = StepEnv::rebuild(own, &step(&[("DEPLOY_TOKEN", "t-987654")])).unwrap();
        assert_eq!(env.secrets(), ["k-123456", "t-987654", "hunter22"]);
    }
}
