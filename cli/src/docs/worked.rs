//! A worked example for each thread type: typed as printed, line by line, in a new folder. A test does so.

use std::fmt::Write as _;

/// A thread type, what the example shows, and its lines. `# exits N` is the exit code where it is not 0.
pub const WORKED: &[(&str, &str, &[&str])] = &[
    (
        "Base: one step",
        "One process, what it printed, and how it went.",
        &[
            "mkdir base && cd base && seqctl init && seqctl policy allow sh",
            "seqctl step add count -- sh -c 'ls -a | wc -l'",
            "seqctl run all",
            "seqctl logs count",
            "seqctl step show count",
        ],
    ),
    (
        "Parallel: workers at once",
        "Three workers that know which one they are, and a step that merges what they printed.",
        &[
            "mkdir parallel && cd parallel && seqctl init && seqctl policy allow sh",
            "seqctl step add look --type p --fanout 3 --merge all -- sh -c 'echo \"part $THREADOS_WORKER_INDEX of $THREADOS_WORKER_COUNT\"'",
            "seqctl run all",
            "seqctl logs all",
            "seqctl group list",
        ],
    ),
    (
        "Chained: phases with gates",
        "The run stops at the gate (exit 10: a person is waited for). The work is sent back once, then let through.",
        &[
            "mkdir chained && cd chained && seqctl init && seqctl policy allow sh",
            "seqctl step add draft --type c -- sh -c 'date > draft.txt'",
            "seqctl step add publish --type c --depends-on draft -- sh -c 'cp draft.txt published.txt'",
            "seqctl gate insert read --name 'Is it good?' --after draft --before publish",
            "seqctl run all                                  # exits 10",
            "seqctl gate block read --rework draft --reason 'too short' --yes",
            "seqctl run all                                  # exits 10",
            "seqctl gate approve read --reason 'good now'",
            "seqctl run all",
        ],
    ),
    (
        "Fusion: candidates and a synthesis",
        "Three ways to the same end, one of which fails; the synthesis sees who succeeded.",
        &[
            "mkdir fusion && cd fusion && seqctl init && seqctl policy allow sh",
            "seqctl step add quick -- sh -c 'echo 41'",
            "seqctl step add careful -- sh -c 'echo 42'",
            "seqctl step add hasty -- sh -c 'exit 3'",
            "seqctl step add best -- seqctl inputs",
            "seqctl fusion create --candidates quick careful hasty --synth best",
            "seqctl run all",
            "seqctl logs best",
        ],
    ),
    (
        "Orchestrated: a step that leads",
        "The lead adds a step of its own while it runs, and runs it. It may touch nothing else.",
        &[
            "mkdir orchestrated && cd orchestrated && seqctl init && seqctl policy allow sh",
            "seqctl step add lead --type b --orchestrator -- sh -c 'seqctl step add part -- sh -c \"echo done\" && seqctl run step part'",
            "seqctl run all",
            "seqctl logs part",
            "seqctl step show part",
        ],
    ),
    (
        "Long autonomy: a step with a watchdog",
        "The watchdog looks every half second, and ends the step as soon as it says that it is stuck (exit 1: a step failed).",
        &[
            "mkdir long && cd long && seqctl init && seqctl policy allow sh",
            "seqctl step add work --type l --timeout 60000 -- sh -c 'echo working; sleep 1; echo stuck; sleep 50'",
            "seqctl step add guard --watchdog-for work --watchdog-interval 500 -- sh -c '! grep -q stuck \"$THREADOS_WATCH_STDOUT\"'",
            "seqctl run all                                  # exits 1",
            "seqctl why work",
            "seqctl logs work",
        ],
    ),
];

/// The examples in Markdown.
pub fn worked() -> String {
    let mut out = String::from(
        "\n## Worked examples\n\nOne for each thread type, to be copied: each makes a folder of its own. `seqctl template list` shows\n\
         the same patterns for agents, ready to be filled in.\n",
    );
    for (title, what, lines) in WORKED {
        let _ = write!(out, "\n### {title}\n\n{what}\n\n```sh\n{}\n```\n", lines.join("\n"));
    }
    out
}
