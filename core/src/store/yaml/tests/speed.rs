//! Speed: the bounds are far above what a release build takes, so that a busy machine fails no test.

use std::time::Duration;

use super::*;
use crate::id::StepId;
use crate::model::{ModelName, Step, StepStatus};

/// Time that this thread has worked, whatever else the machine does.
#[cfg(unix)]
pub fn clock() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
}

/// Time since the first call.
#[cfg(not(unix))]
pub fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Prints the figures with `--nocapture` in a release build.
#[test]
fn large_files_stay_within_the_second() {
    for count in [1_000, 10_000] {
        let text = Text::new(large(count));
        assert!(super::super::fast::read(&text).is_some(), "our own style is read fast");
        let best = |mut f: Box<dyn FnMut() + '_>| {
            let times = (0..7).map(|_| {
                let from = clock();
                f();
                (clock() - from).as_secs_f64() * 1000.0
            });
            times.fold(f64::INFINITY, f64::min)
        };
        let document = good(&text);
        let mut after = document.sequence().clone();
        after.steps.push(Step::new(StepId::new("new").unwrap(), ModelName::shell()));
        let done = StepOutput { status: Some(StepStatus::Done), reason: None };
        let figures = [
            ("tree, fast", best(Box::new(|| drop(super::super::fast::read(&text))))),
            ("tree, full", best(Box::new(|| drop(super::super::full::read(&text, &mut Default::default()))))),
            ("parse", best(Box::new(|| drop(parse(text.as_bytes()))))),
            ("rewrite", best(Box::new(|| drop(document.rewrite(&after))))),
            (
                "outputs",
                best(Box::new(|| drop(document.with_outputs(|_| done.clone(), |_| GateOutput::default())))),
            ),
            ("revision", best(Box::new(|| drop(document.revision())))),
            ("emit", best(Box::new(|| drop(emit(&after, None))))),
        ];
        for (what, ms) in figures {
            println!("{count} steps, {} KiB: {what} {ms:.2} ms", text.len() / 1024);
        }
        assert!(figures[2].1 < 1000.0, "{figures:?}");
    }
}
