//! What a step puts into the folder of its files in the place of a file, to lead ThreadOS itself astray, which is not held.

use std::fs;

use super::NOBODY;
use super::cage::{Cage, Level, is_root};
use crate::support::{kill, wait};

/// Cages at each level of this machine, of ours and of an ordinary user.
fn cages() -> Vec<Cage> {
    let own = Level::here().into_iter().map(Cage::new);
    let others = Level::here().into_iter().filter(|_| is_root()).map(|level| Cage::of_user(level, NOBODY));
    own.chain(others).collect()
}

/// Prints what the step before it said.
const READER: &str = "cat <<'END'\n{{ inputs }}\nEND\n";

#[test]
fn what_stands_in_the_place_of_a_file_of_the_step_leads_nobody_out() {
    for mut cage in cages() {
        cage.policy("max_log_bytes: 67108864", "max_log_bytes: 65536");
        let there = cage.base().join("neighbour").display().to_string();
        let plant = format!(
            "cd \"$THREADOS_STEP_DIR\"; for name in status.json.tmp output.json diff.patch.tmp inputs.json prompt.md set-aside attempts \
             stdout.tail stderr.tail; do rm -f $name; ln -s {there}/$name $name; done; rm -f stderr.log; ln -s {there} stderr.log; \
             ln -s {there}/file new-name; ln -s stdout.log within; cd - > /dev/null; "
        );
        let key = "ln -s ~/.ssh/id_ed25519 \"$THREADOS_STEP_DIR/summary.md\"; rm \"$THREADOS_STEP_DIR/stdout.log\"; \
                   ln -s ~/.ssh/id_ed25519 \"$THREADOS_STEP_DIR/stdout.log\"; ";
        let shut = format!(
            "mkdir \"$THREADOS_STEP_DIR/artifacts\"; ln -s {there}/kept.txt \"$THREADOS_STEP_DIR/artifacts/kept.txt\"; \
             chmod 0311 \"$THREADOS_STEP_DIR/artifacts\"; echo kept > kept.txt"
        );
        let linked = format!(
            "ln -s {there} \"$THREADOS_STEP_DIR/artifacts\"; echo kept > kept.txt; mkdir -p .gemini; : > .gemini/x"
        );
        let pipes = "cd \"$THREADOS_STEP_DIR\"; rm stdout.log; mkfifo stdout.log summary.md status.json.tmp";
        for (step, script) in [
            ("flood", format!("{plant} head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")),
            ("keys", key.to_owned()),
            ("shut", shut),
            ("linked", linked),
            ("pipes", pipes.to_owned()),
        ] {
            cage.step(step, &format!("sub-{step}"), "sh", &script);
            cage.with(step, "artifacts: [kept.txt]");
            cage.step(&format!("read-{step}"), "sub", "sh", READER);
            cage.after(&format!("read-{step}"), step);
        }
        let before = cage.worth();
        let ends = cage.run();
        assert!(ends.values().all(|(status, _)| status == "DONE"), "{:?}: {ends:#?}", cage.level);
        assert!(cage.worth() == before, "{:?}: something outside is not what it was", cage.level);
        for step in ["flood", "keys", "shut", "linked", "pipes"] {
            assert!(ends[step].1.contains("removed"), "{:?}: {ends:#?}", cage.level);
            let said = cage.p.run(&format!("logs read-{step}")).stdout;
            assert!(said.contains(&format!("## {step}")) && !said.contains("precious"), "{step}: {said}");
        }
        let kept = |step: &str| {
            cage.p.run(&format!("runs show {} {step}", crate::engine_kit::last_run(&cage.p))).stdout
        };
        assert!(
            ["shut", "linked"].iter().all(|step| kept(step).contains("artifacts/kept.txt")),
            "{}",
            kept("shut")
        );
    }
}

#[test]
fn what_a_killed_attempt_has_planted_leads_the_next_one_nowhere() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let there = cage.base().join("neighbour").display().to_string();
        let plant = format!(
            "test -e begun && exit 0; ln -s {there} \"$THREADOS_STEP_DIR/attempts\"; \
             ln -s ~/.ssh/id_ed25519 \"$THREADOS_STEP_DIR/summary.md\"; : > begun; sleep 600"
        );
        cage.step("one", "sub", "sh", &plant);
        cage.with("one", "retry: { max: 1, backoff_ms: 1 }");
        cage.step("reader", "sub", "sh", READER);
        cage.after("reader", "one");
        let before = cage.worth();
        std::thread::scope(|scope| {
            let root = cage.p.root();
            let locks =
                || fs::read_dir(root.join(".threados/state/wrappers")).into_iter().flatten().flatten();
            let holder = || {
                let texts = locks().filter_map(|l| fs::read(l.path()).ok());
                let mut holders =
                    texts.filter_map(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
                u32::try_from(holders.find_map(|holder| holder["pid"].as_u64())?).ok()
            };
            let run = scope.spawn(|| cage.run());
            wait("the step's start", || root.join("sub/begun").exists());
            wait("the wrapper to be known", || holder().is_some());
            kill(holder().unwrap(), "KILL");
            let ends = run.join().unwrap();
            assert_eq!(
                (ends["one"].0.as_str(), ends["reader"].0.as_str()),
                ("DONE", "DONE"),
                "{level:?}: {ends:#?}"
            );
        });
        assert!(cage.worth() == before, "{level:?}: something outside is not what it was");
        assert!(!cage.p.ok("logs reader").contains("precious"));
    }
}
