//! What a sequence's own limits do.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::{Mode, SequencePolicy};

#[test]
fn a_denial_by_the_sequence_says_so() {
    let world = World::new();
    let own = SequencePolicy {
        allowed_commands: Some(vec!["tool".into()]),
        allowed_cwd: Some(vec!["src/**".into()]),
        forbidden_patterns: Some(vec!["force".into()]),
        ..SequencePolicy::default()
    };
    let mut policy = Policy { allowed_commands: vec!["git".into(), "tool".into()], ..Policy::default() };
    policy.lines.insert("allowed_commands".into(), 6);
    policy.lines.insert("forbidden_patterns".into(), 9);
    let judge = Judge::new(&policy.narrowed(Some(&own)), world.site("~/bin"));
    let place = |argv: &[&str], cwd: &str| {
        let argv: Vec<String> = argv.iter().map(|arg| (*arg).to_owned()).collect();
        judge.command(&argv, Path::new(cwd)).unwrap_err().denial().unwrap().place
    };
    assert_eq!(place(&["git"], "src"), Place::Sequence);
    assert_eq!(place(&["tool"], "bin"), Place::Sequence);
    assert_eq!(place(&["tool", "--force"], "src"), Place::Sequence);
    assert_eq!(place(&["tool", "sudo"], "src"), Place::PolicyLine(9));
    assert!(judge.command(&["tool".into()], Path::new("src")).is_ok());
}

fn some<T: std::fmt::Debug + Clone + 'static>(items: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(prop::sample::select(items), 0..4)
}

const COMMANDS: &[&str] = &["git", "tool", "cargo", "sh", "harmless", "./scripts/build.sh"];
const FOLDERS: &[&str] = &["./**", ".", "src/**", "*", "~/other/**", "/**"];
const PATTERNS: &[&str] = &["sudo", "x+", "^git$"];

#[test]
fn a_narrowed_policy_never_allows_what_the_wide_one_denies() {
    let world = World::new();
    proptest!(ProptestConfig::with_cases(64), |(
        wide in (some(COMMANDS), some(FOLDERS), some(PATTERNS), any::<bool>(), 0..5_u32, 0..5_u32),
        own in (
            prop::option::of(some(COMMANDS)), prop::option::of(some(FOLDERS)), prop::option::of(some(PATTERNS)),
            prop::option::of(any::<bool>()), prop::option::of(0..5_u32), prop::option::of(0..5_u32),
        ),
    )| {
        let texts = |list: Vec<&str>| list.into_iter().map(|text| world.fill(text)).collect::<Vec<_>>();
        let mode = |power: bool| if power { Mode::Power } else { Mode::Safe };
        let wide = Policy {
            allowed_commands: texts(wide.0), allowed_cwd: texts(wide.1), forbidden_patterns: texts(wide.2),
            mode: mode(wide.3), max_fanout: wide.4, max_concurrent: wide.5, ..Policy::default()
        };
        let own = SequencePolicy {
            allowed_commands: own.0.map(&texts), allowed_cwd: own.1.map(&texts), forbidden_patterns: own.2.map(&texts),
            mode: own.3.map(mode), max_fanout: own.4, max_concurrent: own.5,
        };
        let narrow = wide.narrowed(Some(&own));
        let judges = [&wide, &narrow].map(|policy| Judge::new(policy, world.site("~/bin")));
        for name in COMMANDS {
            for cwd in [".", "src", "out", "src/deep"] {
                for arg in ["status", "sudo", "xx"] {
                    let argv = [(*name).to_owned(), arg.to_owned()];
                    let [by_wide, by_narrow] = judges.each_ref().map(|judge| judge.command(&argv, Path::new(cwd)).is_ok());
                    prop_assert!(by_wide || !by_narrow, "{:?} in {}", argv, cwd);
                }
            }
        }
        for number in 0..6 {
            prop_assert!(wide.check_fanout(number).is_ok() || narrow.check_fanout(number).is_err());
            prop_assert!(wide.check_concurrency(number).is_ok() || narrow.check_concurrency(number).is_err());
        }
        for action in ["step.rm", "step.add", "undo"] {
            let asking = Asking::direct(crate::model::Actor::User);
            prop_assert!(narrow.needs_confirmation(action, asking) >= wide.needs_confirmation(action, asking));
        }
    });
}
