//! `cli/README.md` is made from the grammar and kept current here.

use std::path::Path;

#[test]
fn the_reference_is_what_the_grammar_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/README.md");
    let made = seqctl::reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = made.lines().zip(kept.lines()).find(|(a, b)| a != b);
    assert!(made == kept, "cli/README.md is stale at {differs:?}; UPDATE=1 with this test writes it anew");
}
