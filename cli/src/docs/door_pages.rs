//! Pages of the doors for programs.

use super::Page;

/// The pages.
pub const DOOR_PAGES: &[Page] = &[Page {
    path: "serve",
    examples: &[
        ("seqctl serve", "on http://127.0.0.1:7433, for programs that show the token"),
        (
            "seqctl serve --addr 127.0.0.1:0 --json",
            "on a free port, told as JSON as soon as it can be reached",
        ),
        ("seqctl serve --unix ./threados.sock", "on a socket that only your own user can connect to"),
    ],
    json: r#"{"ok":true,"command":"serve","address":URL|PATH,"token_file":PATH} as soon as clients can connect; it goes on until Ctrl+C"#,
    exits: &[0, 2, 3, 4, 5, 8],
}];
