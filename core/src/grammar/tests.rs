//! Every command has one line, and the line means the command.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::action::*;
use crate::id::{GateId, GroupId, NodeId, StepId};
use crate::model::{FailPolicy, Mode, ModelName, Network, StepStatus, ThreadType, Usd};

fn id() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9-]{0,8}"
}

fn step() -> impl Strategy<Value = StepId> {
    id().prop_map(|s| StepId::new(&s).unwrap())
}

fn node() -> impl Strategy<Value = NodeId> {
    id().prop_map(|s| NodeId::new(&s).unwrap())
}

fn gate() -> impl Strategy<Value = GateId> {
    id().prop_map(|s| GateId::new(&s).unwrap())
}

fn group() -> impl Strategy<Value = GroupId> {
    id().prop_map(|s| GroupId::new(&s).unwrap())
}

fn model() -> impl Strategy<Value = ModelName> {
    "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,8}".prop_map(|s| s.parse().unwrap())
}

/// Any text a command line can carry, the awkward ones first.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("--yes".to_owned()),
        Just("it's \"quoted\" $HOME `x` \\ *".to_owned()),
        Just("two\nlines\tand a tab".to_owned()),
        "[ -~äß€]{1,12}",
    ]
}

fn patch<T: Clone + std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![1 => Just(Patch::Clear), 4 => of.prop_map(Patch::Set)]
}

fn env() -> impl Strategy<Value = Patch<EnvPair>> {
    patch(
        ("[A-Z_]{1,6}", prop_oneof![Just(String::new()), text()])
            .prop_map(|(name, value)| EnvPair { name, value }),
    )
}

fn fail_policy() -> impl Strategy<Value = FailPolicy> {
    prop_oneof![Just(FailPolicy::FailFast), Just(FailPolicy::BestEffort)]
}

fn fields() -> BoxedStrategy<StepFields> {
    let names = (
        of(patch(text())),
        of(proptest::sample::select(ThreadType::ALL)),
        of(model()),
        of(prop_oneof![Just(String::new()), text()]),
        of(patch(text())),
        vec(env(), 0..3),
        of(patch(text())),
        of(patch(text())),
        vec(patch(node()), 0..3),
    );
    let numbers =
        (of(patch(any::<u64>())), of(patch(any::<u32>())), of(patch(any::<u64>())), of(patch(any::<u64>())));
    let flag = || of(any::<bool>());
    let flags = (flag(), flag(), flag(), flag(), flag());
    let rest = (
        of(patch(fail_policy())),
        of(patch(group())),
        of(patch(step())),
        vec(patch(text()), 0..3),
        of(patch(text())),
        vec(prop_oneof![Just(String::new()), text()], 0..4),
    );
    (names, numbers, flags, rest)
        .prop_map(|(n, num, flag, r)| StepFields {
            name: n.0,
            kind: n.1,
            model: n.2,
            prompt_text: n.3,
            prompt: None,
            cwd: n.4,
            env: n.5,
            lane: n.6,
            role: n.7,
            depends_on: n.8,
            timeout: num.0.clone(),
            retry: num.1,
            retry_backoff: num.2,
            watchdog_interval: num.3.clone(),
            budget_usd: num.0.map(|p| match p {
                Patch::Clear => Patch::Clear,
                Patch::Set(n) => Patch::Set(Usd::new((n % 1_000_000) as f64 / 7.0)),
            }),
            budget_tokens: num.3,
            review: flag.0,
            orchestrator: flag.1,
            worktree: flag.2,
            diff: flag.4,
            network: flag.3.map(|deny| if deny { Network::Deny } else { Network::Allow }),
            interactive: flag.3,
            fail_policy: r.0,
            group: r.1,
            watchdog_for: r.2,
            artifact: r.3,
            when: r.4,
            command: r.5,
        })
        .boxed()
}

fn workers() -> BoxedStrategy<WorkerFields> {
    let some = (any::<u32>(), of(step()), vec(text(), 0..3)).prop_map(|(n, merge, worker_prompt)| {
        WorkerFields { fanout: Some(n), merge, worker_prompt, ..WorkerFields::default() }
    });
    prop_oneof![Just(WorkerFields::default()), some].boxed()
}

fn step_action() -> BoxedStrategy<Action> {
    prop_oneof![
        (step(), fields(), workers())
            .prop_map(|(id, fields, workers)| StepAdd { id, fields, workers }.into())
            .boxed(),
        (step(), vec(model(), 1..3)).prop_map(|(id, models)| {
            let workers = WorkerFields { fanout: Some(2), models, ..WorkerFields::default() };
            StepAdd { id, fields: StepFields::default(), workers }.into()
        }),
        (
            step(),
            fields(),
            of(proptest::sample::select(&[StepStatus::Ready, StepStatus::Done, StepStatus::Failed][..]))
        )
            .prop_map(|(id, fields, status)| StepEdit { id, fields, status }.into())
            .boxed(),
        (step(), any::<bool>(), any::<bool>()).prop_map(|(id, cascade, purge)| StepRm {
            id,
            cascade,
            detach_dependents: !cascade,
            purge
        }
        .into()),
        (step(), step(), of(model()))
            .prop_map(|(id, new_id, model)| StepClone { id, new_id, model }.into())
            .boxed(),
        (step(), step(), any::<bool>()).prop_map(|(id, anchor, before)| {
            let (before, after) = if before { (Some(anchor), None) } else { (None, Some(anchor)) };
            StepMove { id, before, after }.into()
        }),
        (step(), of(text())).prop_map(|(id, reason)| StepAccept { id, reason }.into()).boxed(),
        (step(), text(), any::<bool>())
            .prop_map(|(id, reason, rework)| StepReject { id, reason, rework }.into())
            .boxed(),
        (step(), text()).prop_map(|(id, text)| PromptSet { id, text: Some(text), file: None }.into()).boxed(),
    ]
    .boxed()
}

fn other_action() -> BoxedStrategy<Action> {
    let nodes = || vec(node(), 1..4);
    prop_oneof![
        (node(), nodes()).prop_map(|(id, depends_on)| DepAdd { id, depends_on }.into()).boxed(),
        (node(), nodes()).prop_map(|(id, depends_on)| DepRm { id, depends_on }.into()).boxed(),
        (vec(step(), 1..4), of(group()), of(step()), of(fail_policy())).prop_map(
            |(steps, id, merge, fail_policy)| GroupParallelize { steps, id, merge, fail_policy }.into()
        ),
        group().prop_map(|group| GroupDissolve { group }.into()).boxed(),
        (vec(step(), 1..4), vec(step(), 0..3), of(step()))
            .prop_map(|(steps, candidates, synth)| { FusionCreate { steps, candidates, synth }.into() }),
        (gate(), of(text()), vec(node(), 0..3), vec(node(), 0..3))
            .prop_map(|(id, name, after, before)| GateInsert { id, name, after, before }.into()),
        (gate(), of(text()), any::<bool>())
            .prop_map(|(id, reason, early)| GateApprove { id, reason, early }.into())
            .boxed(),
        (gate(), of(text()), of(step())).prop_map(|(id, reason, rework)| {
            let reason = reason.or_else(|| rework.is_some().then(String::new));
            GateBlock { id, reason, rework }.into()
        }),
        gate().prop_map(|id| GateRm { id }.into()).boxed(),
        vec(step(), 1..3).prop_map(|steps| SequenceReset { steps, all: false, failed: false }.into()).boxed(),
        (of(step()), of(patch(0_u32..100_000_000)), of(patch(any::<u64>())), any::<bool>())
            .prop_map(|(step, usd, tokens, group)| {
                let usd = usd.map(|p| match p {
                    Patch::Clear => Patch::Clear,
                    Patch::Set(n) => Patch::Set(Usd::new(f64::from(n) / 700.0)),
                });
                let usd = usd.or_else(|| tokens.is_none().then_some(Patch::Clear));
                let group = group.then(|| "team".parse().unwrap()).filter(|_| step.is_none());
                BudgetSet { step, group, usd, tokens }.into()
            })
            .boxed(),
        any::<bool>().prop_map(|all| SequenceReset { steps: Vec::new(), all, failed: !all }.into()).boxed(),
        prop_oneof![Just(Mode::Safe), Just(Mode::Power)].prop_map(|mode| PolicyMode { mode }.into()).boxed(),
        text().prop_map(|program| PolicyAllow { program }.into()).boxed(),
        text().prop_map(|program| PolicyDeny { program }.into()).boxed(),
    ]
    .boxed()
}

fn options() -> BoxedStrategy<RunOptions> {
    (of(step()), any::<[bool; 3]>(), of(1..=1000u32), of(text()), of(1..=2_592_000_000u64))
        .prop_map(|(from, [failed, detach, wait], max_concurrent, executor, timeout)| RunOptions {
            from,
            failed,
            detach,
            wait,
            max_concurrent,
            executor,
            timeout,
        })
        .boxed()
}

fn control() -> BoxedStrategy<Control> {
    prop_oneof![
        (step(), any::<bool>(), options()).prop_map(|(id, force, options)| Control::RunStep(RunStep {
            id,
            force,
            options
        })),
        (group(), options()).prop_map(|(group, options)| Control::RunGroup(RunGroup { group, options })),
        options().prop_map(|options| Control::RunRunnable(RunRunnable { options })),
        options().prop_map(|options| Control::RunAll(RunAll { options })),
        (vec(step(), 1..3), any::<bool>()).prop_map(|(ids, now)| Control::Stop(StepStop {
            ids,
            all: false,
            now
        })),
        any::<bool>().prop_map(|now| Control::Stop(StepStop { ids: Vec::new(), all: true, now })),
        (step(), options()).prop_map(|(id, options)| Control::Restart(StepRestart { id, options })),
    ]
    .boxed()
}

fn command() -> BoxedStrategy<Command> {
    prop_oneof![
        step_action().prop_map(Command::Change),
        other_action().prop_map(Command::Change),
        control().prop_map(Command::Control),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_line_of_a_command_parses_to_the_command(command in command()) {
        let line = to_line(&command);
        prop_assert_eq!(parse_line(&line).map_err(|e| format!("{e}\n{line}")), Ok(command));
    }

    #[test]
    fn a_command_survives_json(command in command()) {
        let json = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
    }

    #[test]
    fn no_text_makes_the_parser_panic(line in "\\PC{0,60}") {
        drop(parse_line(&line));
    }
}

#[test]
fn every_action_and_control_is_generated_above() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4000 {
        seen.insert(command().new_tree(&mut runner).unwrap().current().name());
    }
    let all = Action::NAMES.iter().chain(Control::NAMES).copied().collect();
    assert_eq!(seen, all);
}

#[test]
fn lines_read_like_what_a_person_would_type() {
    for line in [
        "seqctl step add build --model shell --depends-on plan -- cargo build --release",
        "seqctl step add review --type p --fanout 3 --merge sum",
        "seqctl step edit build --cwd ''",
        "seqctl fusion create a b c --synth s",
        "seqctl gate insert review-gate --after plan --before build",
        "seqctl reset --all",
        "seqctl run step build --force",
        "seqctl stop build test",
        "seqctl policy mode POWER",
    ] {
        assert_eq!(to_line(&parse_line(line).unwrap()), line);
    }
}

#[test]
fn errors_are_the_command_lines_own() {
    let text = parse_line("step add").unwrap_err().to_string();
    assert!(text.contains("<ID>"), "{text}");
    let text = parse_line("step ad x").unwrap_err().to_string();
    assert!(text.contains("'add'"), "{text}");
    assert_eq!(parse_line("step add 'x"), Err(LineError::Quote("step add 'x".into())));
}
