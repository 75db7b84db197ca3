//! A plan is carried out exactly, or the step does not start.

use std::fs;
use std::path::PathBuf;

use super::super::testing::{Bed, helper_argv, log};
use crate::model::StepStatus;
use crate::wrapper::sandbox::{Level, Machine, Plan};
use crate::wrapper::{Job, Stream};

/// The levels of this machine.
fn levels() -> Vec<Level> {
    let machine = Machine::here();
    let has = [(Level::Bubblewrap, machine.bubblewrap.is_ok()), (Level::Landlock, machine.landlock.is_ok())];
    has.into_iter().filter(|(_, has)| *has).map(|(level, _)| level).collect()
}

/// A plan that lets a step write the folder `own` of the bed.
fn plan(bed: &Bed, level: Level) -> Plan {
    let base = bed.dir.path().canonicalize().unwrap();
    for folder in ["own", "outside", "keys"] {
        fs::create_dir_all(base.join(folder)).unwrap();
    }
    fs::write(base.join("keys/key"), "precious").unwrap();
    let helper = helper_argv();
    // It may lie below `/tmp`, as the folder does: a step has one of its own.
    let shown = vec![base.clone(), PathBuf::from(&helper[0])];
    Plan {
        level,
        writable: vec![base.join("own")],
        read_only: Vec::new(),
        hidden: vec![base.join("keys")],
        absent: Vec::new(),
        network: true,
        tmp: base.join("tmp"),
        shown,
        bubblewrap: Machine::here().bubblewrap.clone().ok(),
        helper,
    }
}

fn confined(bed: &Bed, plan: Plan, script: &str) -> Job {
    Job { cwd: plan.writable[0].clone(), sandbox: Some(plan), ..bed.sh(script) }
}

#[test]
fn a_step_writes_what_its_plan_says_and_nothing_beside_it() {
    for level in levels() {
        let mut bed = Bed::new();
        let script = "echo x > own; cat ../keys/key; echo x > ../outside/file; echo x > ../beside; echo end";
        let job = confined(&bed, plan(&bed, level), script);
        let record = bed.run(&job);
        assert_eq!((record.status, record.sandbox), (StepStatus::Done, level), "{record:#?}");
        assert_eq!(log(&job, Stream::Stdout), "end\n", "{level}");
        assert!(
            bed.path("own/own").exists()
                && !bed.path("outside/file").exists()
                && !bed.path("beside").exists()
        );
        assert!(!bed.path("tmp").exists(), "{level}: its folder for temporary files is still there");
    }
}

#[test]
fn a_folder_that_became_a_symlink_since_the_plan_is_not_given() {
    for level in levels() {
        let mut bed = Bed::new();
        let plan = plan(&bed, level);
        fs::remove_dir(bed.path("own")).unwrap();
        std::os::unix::fs::symlink("outside", bed.path("own")).unwrap();
        let job = confined(&bed, plan, "echo x > file");
        let record = bed.run(&job);
        assert_eq!((record.status, record.pid), (StepStatus::Failed, None), "{record:#?}");
        assert!(record.reason.unwrap().contains("own"), "{level}");
        assert!(!bed.path("outside/file").exists(), "{level}");
    }
}

/// The layer of reads is kept from one start to the next, so what changes in between has to be noticed.
#[test]
fn what_came_to_be_beside_a_key_is_readable_and_what_became_a_key_is_not() {
    for level in levels() {
        let mut bed = Bed::new();
        let plan = plan(&bed, level);
        fs::write(bed.path("moved"), "precious").unwrap();
        let says = |bed: &mut Bed, plan: &Plan, script: &str| {
            let job = confined(bed, plan.clone(), script);
            bed.run(&job);
            log(&job, Stream::Stdout)
        };
        for n in 0..3 {
            assert_eq!(says(&mut bed, &plan, "cat ../moved ../keys/key"), "precious", "{level} {n}");
        }
        fs::write(bed.path("new"), "new").unwrap();
        assert_eq!(says(&mut bed, &plan, "cat ../new ../keys/key"), "new", "{level}");
        fs::rename(bed.path("moved"), bed.path("keys/moved")).unwrap();
        assert_eq!(says(&mut bed, &plan, "cat ../new ../keys/*"), "new", "{level}");
        // Another file under the name of one that was readable.
        fs::rename(bed.path("keys/moved"), bed.path("outside/moved")).unwrap();
        fs::rename(bed.path("outside"), bed.path("keys/outside")).unwrap();
        assert_eq!(says(&mut bed, &plan, "cat ../new ../keys/outside/moved"), "new", "{level}");
        fs::rename(bed.path("keys"), bed.path("shown")).unwrap();
        fs::create_dir(bed.path("keys")).unwrap();
        fs::write(bed.path("keys/key"), "precious").unwrap();
        assert_eq!(says(&mut bed, &plan, "cat ../shown/key ../keys/key"), "precious", "{level}");
    }
}

#[test]
fn a_step_whose_sandbox_cannot_be_made_does_not_start() {
    for (bubblewrap, why) in
        [(None, "names no bubblewrap"), (Some("/nowhere/bwrap".into()), "/nowhere/bwrap")]
    {
        let mut bed = Bed::new();
        let plan = Plan { bubblewrap, ..plan(&bed, Level::Bubblewrap) };
        let job = confined(&bed, plan, "echo x > file");
        let record = bed.run(&job);
        assert_eq!((record.status, record.pid), (StepStatus::Failed, None), "{record:#?}");
        assert!(record.reason.as_deref().unwrap_or_default().contains(why), "{record:#?}");
        assert!(!bed.path("own/file").exists());
    }
}

#[test]
fn a_step_has_no_capability_and_gains_none() {
    for level in levels() {
        let mut bed = Bed::new();
        let job =
            confined(&bed, plan(&bed, level), "grep -E '^(CapPrm|CapEff|NoNewPrivs)' /proc/self/status");
        bed.run(&job);
        let said = log(&job, Stream::Stdout);
        let values: Vec<&str> = said.split_whitespace().collect();
        assert_eq!(
            values[1..].iter().step_by(2).copied().collect::<Vec<_>>(),
            ["0000000000000000", "0000000000000000", "1"],
            "{level}: {said}"
        );
    }
}

#[test]
fn a_temporary_folder_of_another_user_is_not_taken() {
    let Some(level) = levels().first().copied() else { return };
    let mut bed = Bed::new();
    let plan = plan(&bed, level);
    std::os::unix::fs::symlink("outside", &plan.tmp).unwrap();
    let job = confined(&bed, plan, "true");
    let record = bed.run(&job);
    assert_eq!((record.status, record.pid), (StepStatus::Failed, None), "{record:#?}");
    assert!(record.reason.unwrap().contains("temporary files"));
    assert!(bed.path("outside").exists());
}
