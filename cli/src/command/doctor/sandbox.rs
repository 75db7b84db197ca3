//! What confines steps here: tried with real ways out.

use threados_core::policy::{Policy, Sandbox};
use threados_core::wrapper::sandbox::{Level, Machine};

use super::Finding;

const INSTALL: &str = "install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`, …)";

/// The level steps get under a policy, the one below it, and whether an agent's own sandbox starts inside of it.
pub fn all(policy: Option<&Policy>) -> Vec<Finding> {
    let machine = Machine::here();
    if policy.is_some_and(|p| p.sandbox == Sandbox::Off) {
        let message =
            "level none: switched off in policy.yaml; the rules guide and record, they are no boundary";
        return vec![Finding::warn("sandbox", message, "set `sandbox: auto` in .threados/policy.yaml")];
    }
    match machine.best() {
        Level::None => vec![none(machine)],
        level => [vec![held(machine, level)], below(machine, level), vec![nesting(machine, level)]].concat(),
    }
}

fn none(machine: &Machine) -> Finding {
    let why = machine.why_none().unwrap_or_default();
    let message =
        format!("level none: {why}; the rules of the policy guide and record, they are no boundary");
    Finding::warn("sandbox", message, "run what you do not trust in a container or a virtual machine")
}

fn held(machine: &Machine, level: Level) -> Finding {
    match machine.trial(level) {
        Err(error) => {
            Finding::fail("sandbox", format!("level {level}: it could not be tried: {error}"), INSTALL)
        }
        Ok(trial) if !trial.escaped.is_empty() => {
            let message =
                format!("level {level}: of {} ways out got out: {}", trial.tried, trial.escaped.join(", "));
            Finding::fail("sandbox", message, "use a newer kernel, or run steps in a container")
        }
        Ok(trial) if level == Level::Landlock => {
            let why = machine.bubblewrap.as_ref().err().cloned().unwrap_or_default();
            let message = format!(
                "level {level}: none of {} ways out got out. It does not hold .threados, .git and agents' \
                 configuration where a step works in the project root ({why})",
                trial.tried
            );
            Finding::warn("sandbox", message, INSTALL)
        }
        Ok(trial) => {
            Finding::ok("sandbox", format!("level {level}: none of {} ways out got out", trial.tried))
        }
    }
}

/// Beside bubblewrap, Landlock is what holds our own git.
fn below(machine: &Machine, level: Level) -> Vec<Finding> {
    const NAME: &str = "git's sandbox";
    if level != Level::Bubblewrap {
        return Vec::new();
    }
    let tried = machine.landlock.as_ref().map_err(Clone::clone);
    vec![match tried.and_then(|_| machine.trial(Level::Landlock)) {
        Ok(trial) if trial.escaped.is_empty() => Finding::ok(
            NAME,
            format!("landlock holds our own git, too: none of {} ways out got out", trial.tried),
        ),
        Ok(trial) => Finding::warn(
            NAME,
            format!(
                "landlock, for our own git: of {} ways out got out: {}",
                trial.tried,
                trial.escaped.join(", ")
            ),
            "use a newer kernel",
        ),
        Err(why) => Finding::warn(
            NAME,
            format!("our own git is kept from running what a repository names, and not held: {why}"),
            "use a kernel with Landlock",
        ),
    }]
}

fn nesting(machine: &Machine, level: Level) -> Finding {
    match machine.trial_of_nesting(level) {
        Ok(()) => {
            Finding::ok("agents' sandbox", "an agent that starts bubblewrap itself can, inside of a step")
        }
        Err(error) => Finding::warn(
            "agents' sandbox",
            format!("an agent that starts bubblewrap itself cannot, inside of a step: {error}"),
            "switch the agent's own sandbox off, ThreadOS holds the step (codex: `-s danger-full-access` in \
             models.yaml; gemini: no `--sandbox`; claude: `sandbox.enabled: false`), or run as an ordinary user with \
             bubblewrap installed",
        ),
    }
}
