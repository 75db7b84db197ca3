//! How many at once: an orchestrator that waits holds no slot, and its children keep to the limits.

use crate::engine_kit::{HOLD, all_done, go, meet, peak, peak_of, starts, statuses, trace, wait_for_starts};
use crate::orchestrator_kit::{orchestrated, orchestrator, wait_for_file};
use crate::support::{Project, finish, wait};

/// Sets how many steps may run at once, and how many children of one orchestrator.
fn limits(p: &Project, concurrent: u32, fanout: u32) {
    let text = p.read("policy.yaml").replace("max_fanout: 40", &format!("max_fanout: {fanout}"));
    p.write(".threados/policy.yaml", &format!("{text}max_concurrent: {concurrent}\n"));
}

/// Lines of a script that add so many traced children, `k1` and so on.
fn children(count: usize, script: &str) -> String {
    named_children("k", count, script)
}

fn named_children(name: &str, count: usize, script: &str) -> String {
    let script = script.replace('$', "\\$");
    format!(
        "for i in $(seq {count}); do seqctl step add {name}$i -q -- sh -c \"echo S {name}$i >> trace; {script}; echo E {name}$i >> trace\" || exit 7; done"
    )
}

#[test]
fn an_orchestrator_runs_its_children_where_only_one_step_may_run() {
    let p = orchestrated(&format!(
        "{}\nseqctl run all -q && seqctl run step k1 -q; [ $? = 7 ] && seqctl restart k2 -q",
        children(3, "true")
    ));
    limits(&p, 1, 40);
    assert_eq!(p.json("run all")["state"], "done");
    assert_eq!((peak(&p), trace(&p).len(), starts(&p, "k2")), (1, 8, 2));
}

#[test]
fn a_slot_that_is_free_while_an_orchestrator_waits_is_its_own_again_afterwards() {
    let p = orchestrated(&format!(
        "{}\nseqctl run all -q; echo 'S lead' >> trace; sleep 0.5; echo 'E lead' >> trace",
        children(2, "sleep 0.1")
    ));
    p.write("other.sh", "echo 'S other' >> trace; sleep 0.1; echo 'E other' >> trace");
    for i in 0..4 {
        p.ok(&format!("step add other{i} -- sh other.sh"));
    }
    limits(&p, 1, 40);
    assert_eq!(p.json("run all")["state"], "done");
    assert_eq!((peak(&p), trace(&p).len()), (1, 14));
}

#[test]
fn orchestrators_below_orchestrators_need_one_slot_in_all() {
    let p = orchestrated("seqctl step add mid --orchestrator -- sh mid.sh\nseqctl run all -q");
    orchestrator(&p, "mid", &format!("{}\nseqctl run all -q", children(2, "true")));
    p.ok("step rm mid --yes");
    limits(&p, 1, 40);
    assert_eq!(p.json("run all")["state"], "done");
    assert!(all_done(&p), "{:?}", statuses(&p));
    assert_eq!(peak(&p), 1);
}

#[test]
fn two_hundred_children_at_once_keep_to_the_limits() {
    let p = orchestrated(&format!("{}\nseqctl run all -q", children(100, &meet(12))));
    orchestrator(&p, "twin", &format!("{}\nseqctl run all -q", named_children("t", 100, &meet(12))));
    limits(&p, 12, 8);
    assert_eq!(p.json("run all")["state"], "done");
    assert!(all_done(&p));
    assert!(
        p.root().join("met").exists(),
        "no twelve were there at once: a slot is missing, or the time was too short"
    );
    assert_eq!((trace(&p).len(), peak(&p)), (400, 12));
    let of = |name: &str| peak_of(trace(&p).into_iter().filter(|(_, step)| step.starts_with(name)));
    assert!(of("k") <= 8 && of("t") <= 8, "{} and {} of one orchestrator", of("k"), of("t"));
}

#[test]
fn the_fanout_limit_bounds_how_many_children_of_one_orchestrator_run_at_once() {
    let p = orchestrated(&format!("{}\nseqctl run all -q", children(30, &meet(5))));
    limits(&p, 12, 5);
    assert_eq!(p.json("run all")["state"], "done");
    assert_eq!((trace(&p).len(), peak(&p)), (60, 5));
}

#[test]
fn the_fanout_limit_bounds_the_groups_an_orchestrator_makes_too() {
    let p = orchestrated(
        "try seqctl step add team --fanout 6 -- true\ntry seqctl step add team --fanout 5 -- true\ntry seqctl run group team -q",
    );
    limits(&p, 20, 5);
    p.ok("run all");
    let codes: Vec<i32> = crate::orchestrator_kit::tries(&p).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [5, 0, 0]);
    assert_eq!(p.json("status")["summary"]["done"], 6);
}

#[test]
fn children_share_the_slots_with_the_steps_of_others() {
    let p = orchestrated(&format!("touch begun; {HOLD}; {}\nseqctl run all -q", children(6, "sleep 0.05")));
    p.write("other.sh", "echo \"S $1\" >> trace; sleep 0.05; echo \"E $1\" >> trace");
    for i in 0..6 {
        p.ok(&format!("step add other{i} -- sh other.sh other{i}"));
    }
    limits(&p, 3, 40);
    let run = p.start("run all --json");
    wait_for_file(&p, "begun");
    go(&p);
    assert_eq!(finish(run).json()["state"], "done");
    assert!(peak(&p) <= 3);
    assert_eq!(trace(&p).len(), 24);
}

#[test]
fn a_wait_that_is_cut_short_gives_the_orchestrator_its_slot_back() {
    let script = format!(
        "{}\nseqctl run all -q & waiter=$!\nwhile ! grep -q 'S k1' trace; do sleep 0.02; done\nkill -KILL $waiter; touch cut; {HOLD}",
        children(1, "while [ ! -e k ]; do sleep 0.02; done")
    );
    let p = orchestrated(&script);
    limits(&p, 1, 40);
    let run = p.start("run all --json");
    wait_for_starts(&p, 1);
    wait_for_file(&p, "cut");
    p.ok("step add other -- sh -c 'echo \"S other\" >> trace; echo \"E other\" >> trace'");
    p.write("k", "");
    p.wait_for("k1", "DONE");
    assert_eq!(starts(&p, "other"), 0, "the orchestrator runs on, and only one may run");
    go(&p);
    assert_eq!(finish(run).json()["state"], "done");
    wait("the other step", || starts(&p, "other") == 1);
}
