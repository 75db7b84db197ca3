//! The programs that ThreadOS runs itself: none that a step has put in its place.

use crate::engine_kit::{last_run, policy, step_record};
use crate::support::{Project, wait};
use crate::worktree::repository;

use super::cage::Level;

/// Leaves a program under each of these names in the first folder of PATH, which lies in the project.
const PLANT: &str = "for name in bwrap git notify-send claude; do \
                     printf '#!/bin/sh\\necho $0 $* >> OUT/planted\\nexit 1\\n' > venv/bin/$name; chmod +x venv/bin/$name; done";

fn run(p: &Project, line: &[&str]) -> String {
    // Bubblewrap is looked for, as it is at a person's.
    let out = p.command(line).env_remove("THREADOS_BWRAP_PATH").output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

#[test]
fn programs_that_a_step_has_put_first_in_path_are_not_taken_for_ours() {
    let mut p = repository();
    p.add_to_path("p/venv/bin");
    policy(&p, "stop_grace_ms: 500\nnotify: { desktop: true }");
    let plant = PLANT.replace("OUT", &p.root().parent().unwrap().display().to_string());
    p.ok(&format!("step add plant -- sh -c {}", shlex::try_quote(&plant).unwrap()));
    p.ok("step add after --depends-on plant --diff -- sh -c 'echo more >> file.txt'");
    for level in Level::here() {
        wait("the engine of another level to end", || p.engine().is_none());
        let mut command = p.command(&["run", "all", "--from", "plant", "--quiet"]);
        level.choose(&mut command);
        assert!(command.status().unwrap().success(), "{level:?}: its own folder, wherever PATH leads");
        assert_eq!(p.step_record("plant")["sandbox"], level.word());
    }
    p.ok("reset after --yes");
    wait("the engine to end, so that another one looks anew", || p.engine().is_none());
    let told = run(&p, &["run", "all"]);
    assert_eq!(p.status("after"), "DONE", "{told}");
    let best =
        if Level::here().contains(&Level::Bubblewrap) { "bubblewrap" } else { Level::here()[0].word() };
    let latest = last_run(&p);
    assert_eq!(step_record(&p, &latest, "after")["sandbox"], best, "{told}");
    assert!(p.read(&format!("runs/{latest}/after/diff.patch")).contains("+more\n"), "git is the machine's");
    let models: serde_json::Value = serde_json::from_str(&run(&p, &["models", "list", "--json"])).unwrap();
    assert_eq!(models["models"][0]["installed"], false, "{models:#}");
    run(&p, &["doctor"]);
    wait("the engine to end", || p.engine().is_none());
    let planted = std::fs::read_to_string(p.root().parent().unwrap().join("planted"));
    assert!(planted.is_err(), "run, and by us: {planted:?}");
}
