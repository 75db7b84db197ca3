//! What the policy does not allow does not happen, is told, and stands in the log.

use serde_json::Value;

use crate::support::{Project, finish, wait};

/// The last entry of the log.
fn last(p: &Project) -> Value {
    p.log().pop().unwrap()
}

/// Runs a line that the policy has to deny: exit 5, a denied entry by that rule, nothing changed, nothing started.
#[track_caller]
fn denied(p: &Project, line: &str, why: &str) {
    let files = || ["sequence.yaml", "policy.yaml"].map(|f| std::fs::read(p.path(f)).ok());
    let before = files();
    let ran = p.exits(5, line);
    assert!(ran.stderr.contains(why), "{why} is not in {}", ran.stderr);
    let entry = last(p);
    assert_eq!(entry["result"], "denied", "{entry:#}");
    assert!(entry["error"].as_str().unwrap().contains(why), "{entry:#}");
    assert_eq!(files(), before, "a denied command has changed something");
    assert!(p.entries("step.start").is_empty(), "something was started");
}

#[test]
fn an_unlisted_program_is_denied_with_the_line_that_allows_it() {
    let p = Project::new();
    denied(&p, "step add x -- make all", "`make` is not allowed");
    let ran = p.run("step add x -- make all");
    assert!(ran.stderr.contains("seqctl policy allow make"), "{}", ran.stderr);
}

#[test]
fn a_program_unlisted_after_the_step_was_added_stops_the_whole_run_before_it_begins() {
    let p = Project::new();
    p.ok("step add fine -- true");
    p.ok("step add x -- cat /dev/null");
    p.ok("policy deny cat");
    denied(&p, "run all", "`cat` is not allowed");
    assert_eq!(p.status("fine"), "READY");
}

#[test]
fn a_folder_outside_the_project_is_denied_also_through_a_symlink() {
    let p = Project::new();
    denied(&p, "step add x --cwd /tmp -- true", "/tmp");
    denied(&p, "step add x --cwd .. -- true", "..");
    std::os::unix::fs::symlink("/tmp", p.root().join("inside")).unwrap();
    denied(&p, "step add x --cwd inside -- true", "inside");
}

#[test]
fn a_folder_that_became_a_symlink_is_denied_when_the_step_starts() {
    let p = Project::new();
    std::fs::create_dir(p.root().join("work")).unwrap();
    p.ok("step add x --cwd work -- true");
    std::fs::remove_dir(p.root().join("work")).unwrap();
    std::os::unix::fs::symlink("/tmp", p.root().join("work")).unwrap();
    denied(&p, "run step x", "work");
}

#[test]
fn a_forbidden_pattern_is_denied_in_both_modes() {
    let p = Project::new();
    denied(&p, "step add x -- sh -c 'rm -rf /'", "forbidden");
    p.ok("policy mode POWER --yes");
    denied(&p, "step add x -- sh -c 'rm -rf /'", "forbidden");
}

#[test]
fn a_variable_that_steers_the_loader_is_denied() {
    let p = Project::new();
    for name in ["LD_PRELOAD", "BASH_ENV", "NODE_OPTIONS", "GIT_DIR", "PATH"] {
        denied(&p, &format!("step add x --env {name}=y -- true"), name);
    }
}

#[test]
fn limits_hold_for_groups_and_for_runs() {
    let p = Project::new();
    denied(&p, "step add many --type p --fanout 11 -- true", "11");
    p.ok("step add few --type p --fanout 3 -- true");
    denied(&p, "run all --max-concurrent 21", "21");
}

#[test]
fn a_sequence_can_only_narrow_the_policy() {
    let p = Project::new();
    let text = p.read("sequence.yaml");
    let narrowed =
        text.replace("steps:", "policy: { mode: POWER, allowed_commands: [true], max_fanout: 2 }\nsteps:");
    std::fs::write(p.path("sequence.yaml"), narrowed).unwrap();
    denied(&p, "step add x -- sleep 1", "`sleep` is not allowed");
    denied(&p, "step add many --type p --fanout 3 -- true", "3");
    p.ok("step add x -- true");
    p.exits(6, "step rm x");
}

/// Each destructive action, on a project where it would work: steps `a` (done) and `r` (running), gate `g`.
const DESTRUCTIVE: &[(&str, &str)] = &[
    ("step.rm", "step rm b"),
    ("step.stop", "stop r"),
    ("step.restart", "restart a"),
    ("sequence.reset", "reset a"),
    ("gate.block", "gate block g"),
    ("policy.mode", "policy mode POWER"),
    ("undo", "undo"),
    ("run.force", "run step b --force"),
];

/// A project in which every destructive action would work.
fn busy() -> (Project, std::process::Child) {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    p.ok("step add r -- sleep 600");
    p.ok("step add b -- true");
    p.ok("gate insert g --after r --before b");
    let run = p.start("run step r");
    p.wait_for("r", "RUNNING");
    // The status stands in the file within a second; from then on nothing but a command changes it.
    wait("the flush", || p.read("sequence.yaml").contains("status: RUNNING"));
    (p, run)
}

#[test]
fn in_safe_mode_what_destroys_needs_a_yes() {
    let (p, run) = busy();
    for (action, line) in DESTRUCTIVE {
        let before = p.read("sequence.yaml");
        let ran = p.exits(6, line);
        assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
        let entry = last(&p);
        assert_eq!(
            (&entry["action"], &entry["result"]),
            (&Value::from(*action), &Value::from("denied")),
            "{line}"
        );
        assert_eq!(p.read("sequence.yaml"), before, "{line} has changed something");
        assert_eq!(p.status("r"), "RUNNING", "{line}");
    }
    p.ok("stop r --yes");
    finish(run);
}

#[test]
fn in_power_mode_only_what_the_policy_names_and_force_need_a_yes() {
    let (p, run) = busy();
    p.ok("policy mode POWER --yes");
    for line in ["step rm b", "gate block g", "run step b --force"] {
        p.exits(6, line);
    }
    for line in ["reset a", "restart a", "stop r", "undo"] {
        p.ok(line);
    }
    finish(run);
}

#[test]
fn a_broken_policy_denies_everything_but_stopping_and_looking() {
    let (p, run) = busy();
    std::fs::write(p.path("policy.yaml"), "mode: SAFE\nmax_fanuot: 3\n").unwrap();
    for line in
        ["step add x -- true", "gate approve g --early", "policy allow make", "run all", "restart a --yes"]
    {
        let ran = p.exits(5, line);
        assert!(ran.stderr.contains("max_fanuot"), "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains("2:1"), "{line}: the place is missing in {}", ran.stderr);
        assert_eq!(last(&p)["result"], "denied", "{line}");
    }
    assert_eq!(p.status("r"), "RUNNING");
    p.ok("stop r --yes");
    assert_eq!(p.reason("r"), "stopped by user");
    finish(run);
}

#[test]
fn a_missing_policy_is_the_safe_default() {
    let p = Project::new();
    std::fs::remove_file(p.path("policy.yaml")).unwrap();
    denied(&p, "step add x -- sh -c true", "`sh` is not allowed");
    p.ok("step add x -- git --version");
    p.exits(6, "step rm x");
}

#[test]
fn an_interactive_step_is_not_run_where_there_is_no_terminal_to_give() {
    let p = Project::new();
    p.ok("step add x --interactive -- true");
    let ran = p.exits(8, "run all");
    assert!(ran.stderr.contains("needs a pane of mprocs"), "{}", ran.stderr);
    assert!(ran.stderr.contains("seqctl mprocs open"), "{}", ran.stderr);
    assert!(p.entries("step.start").is_empty());
}

#[test]
fn a_sandbox_that_is_required_and_not_to_be_had_starts_nothing() {
    let mut p = Project::new();
    p.export("THREADOS_BWRAP_PATH", "");
    p.ok("step add x -- true");
    let policy = p.read("policy.yaml").replace("sandbox: auto", "sandbox: required");
    std::fs::write(p.path("policy.yaml"), &policy).unwrap();
    assert!(policy.contains("sandbox: required"), "{policy}");
    denied(&p, "run all", "sandbox: required");
    let ran = p.exits(5, "run all");
    assert!(ran.stderr.contains(".threados lies in") && ran.stderr.contains("bubblewrap"), "{}", ran.stderr);
}

#[test]
fn what_is_no_program_cannot_be_listed() {
    let p = Project::new();
    let before = p.read("policy.yaml");
    for line in ["policy allow ''", "policy allow ' '", "policy allow 'a\nb'"] {
        let refused = p.exits(2, line).stderr;
        assert!(refused.contains("is no program") && refused.contains("`cargo`"), "{refused}");
        assert_eq!(p.read("policy.yaml"), before, "{line}");
    }
    let said = p.ok("policy allow 'cargo build'");
    assert!(said.contains("note: ") && said.contains("seqctl policy allow cargo\n"), "{said}");
}

#[test]
fn a_program_that_is_not_listed_cannot_be_unlisted() {
    let p = Project::new();
    let before = p.read("policy.yaml");
    let refused = p.exits(7, "policy deny curl --json").json();
    assert_eq!(refused["error"]["code"], "NOTHING_TO_DO");
    assert!(refused["error"]["message"].as_str().unwrap().contains("`curl` is not listed"), "{refused}");
    assert_eq!(p.read("policy.yaml"), before);
}

#[test]
fn a_program_or_an_agent_that_is_nowhere_is_noted_and_taken_all_the_same() {
    let p = Project::new();
    let said = p.ok("policy allow no-such-program");
    assert!(said.contains("there is no program `no-such-program` in PATH now"), "{said}");
    assert!(!p.ok("policy allow ls").contains("note: "));
    let said = p.ok("step add a");
    assert!(
        said.contains("claude-code is not installed") && said.contains("install it: npm install"),
        "{said}"
    );
    assert!(!p.ok("step add b -- true").contains("note: "));
    let refused = p.exits(8, "run step a");
    assert_eq!(refused.stderr.matches("install it").count(), 1, "{}", refused.stderr);
}
