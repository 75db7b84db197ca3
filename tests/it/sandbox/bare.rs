//! A machine on which nothing can hold a step: no bubblewrap, and a kernel without Landlock.

use threados_tests::kernel::WITHOUT_LANDLOCK;

use crate::support::Project;

const WHY: &str = "bubblewrap is switched off by THREADOS_BWRAP_PATH; this kernel has no Landlock \
                   (Linux 5.13 has, if built with it)";

/// A project there, with a step that writes beside the project.
fn bare() -> Project {
    let mut p = Project::new();
    p.export("THREADOS_BWRAP_PATH", "");
    p.export(WITHOUT_LANDLOCK, "1");
    p.ok("step add out -- sh -c 'echo x > ../outside'");
    p
}

#[test]
fn where_nothing_can_hold_a_step_auto_says_so_and_required_starts_nothing() {
    let p = bare();
    let outside = p.root().parent().unwrap().join("outside");
    let policy = p.read("policy.yaml");
    p.write(".threados/policy.yaml", &policy.replace("sandbox: auto", "sandbox: required"));
    for line in ["run all", "run step out", "run step out --dry-run", "run step out --force --yes"] {
        let ran = p.exits(5, line);
        let told = ran.stderr + &ran.stdout;
        assert!(told.contains("sandbox: required") && told.contains(WHY), "{line}: {told}");
    }
    let refused = p.exits(5, "run all --json").json();
    assert_eq!(refused["error"]["code"], "SANDBOX_REQUIRED", "{refused:#}");
    assert!(p.entries("step.start").is_empty() && !outside.exists());
    p.write(".threados/policy.yaml", &policy);
    let told = p.ok("run all");
    assert_eq!(told.matches(&format!("none ({WHY})")).count(), 1, "as it begins: {told}");
    assert!(told.contains(&format!("  sandbox none: {WHY}\n")), "and at its end: {told}");
    assert!(outside.exists(), "nothing held it");
    assert_eq!(p.json("runs show out")["step"]["sandbox"], "none");
    let doctor = p.run("doctor").stdout;
    assert!(doctor.contains(&format!("level none: {WHY}")), "{doctor}");
}
