//! Examples, exit codes and JSON shapes of the commands around the mprocs session.

use super::Page;

const EXITS: &[u8] = &[0, 2, 3, 4, 5, 6, 8];

/// The pages.
pub const MPROCS_PAGES: &[Page] = &[
    Page {
        path: "mprocs open",
        examples: &[
            ("seqctl mprocs open", "on this terminal; closing it leaves mprocs open in the background"),
            ("seqctl mprocs open --headless", "in the background; runs take it from now on"),
            ("seqctl mprocs open --control-port 4050", "with mprocs' own port, where the policy allows it"),
        ],
        json: r#"{"ok":true,"command":"mprocs.open","opened":BOOL,"pid":N,"port":N|null,"panes":N}"#,
        exits: EXITS,
    },
    Page {
        path: "mprocs select",
        examples: &[("seqctl mprocs select build", "bring the pane of `build` to the front, keys go to it")],
        json: r#"{"ok":true,"command":"mprocs.select","step":ID,"index":N}"#,
        exits: EXITS,
    },
    Page {
        path: "mprocs status",
        examples: &[("seqctl mprocs status", "whether it is open, and which step is where (--json)")],
        json: r#"{"ok":true,"command":"mprocs.status","state":"up|absent|dead","session":{"pid","started","keeper","port","config_hash","started_at","version","panes"}|null,"panes":{ID:N…},"map_problem":TEXT|null}"#,
        exits: &[0, 2, 4, 8],
    },
    Page {
        path: "mprocs send-key",
        examples: &[
            ("seqctl mprocs send-key review y", "type y into the pane of `review`"),
            ("seqctl mprocs send-key review '<C-c>'", "Ctrl+C"),
        ],
        json: r#"{"ok":true,"command":"mprocs.send-key","step":ID,"index":N,"key":KEY}"#,
        exits: EXITS,
    },
    Page {
        path: "mprocs close",
        examples: &[(
            "seqctl mprocs close",
            "steps that run go on, but interactive ones lose their terminal",
        )],
        json: r#"{"ok":true,"command":"mprocs.close","closed":true}"#,
        exits: EXITS,
    },
];
