//! Sets of words that patterns share.

/// Who is to do or be something.
macro_rules! modal {
    () => {
        "should|shall|must|has|have|to|needs|need|also|can|may|will|ought|then|both|all|now|directly|just|would|each"
    };
}
macro_rules! changes {
    () => {
        "set|swap|bump|raise|cut|bring|get|increase|change|lower|reduce|extend|cap|limit|switch|make|adjust|update|edit|fix|replace|put|turn|use|let|have|also|the|a|new"
    };
}
macro_rules! becomes {
    () => {
        "to|at|by|with|:|=|->|is|be|should|shall|must|has|as|into|up|down|from|now|a|the"
    };
}
macro_rules! waits {
    () => {
        "wait|waits|depend|depends|come|comes|run|runs|start|starts|follow|follows|need|needs|require|requires|go|goes|hang|hangs|happen|running|waiting|depending|coming|needing|requiring"
    };
}
macro_rules! waits_for {
    () => {
        "for|on|after|upon|under|until|from"
    };
}

pub(super) use {becomes, changes, modal, waits, waits_for};
