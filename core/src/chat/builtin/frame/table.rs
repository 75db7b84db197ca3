//! Whole requests: what people say, with slots for what it is about, and what is done.

use super::does::Does;
use super::words::{becomes, changes, modal};
use Does::{
    AgainWith, Command, Edit, EnvOf, Fixed, Instead, It, Number, OfAll, OptionsOf, Redo, RedoFor, Restart,
    Same, Swap, Text, TextOf,
};

/// How steps are to be; the first that explains every word is what is meant.
pub(super) const FIELDS: &[(&str, Does)] = &[
    (
        "please|run|start|do|try* <steps> once|one* more? again|anew|more|time as|well|too|also|please*",
        Restart,
    ),
    (
        "have|give|take|make|let|us|we|do* another|one more? go|try|attempt|shot|run|crack|round|chance at|on|of|for|with|to? <steps>",
        Restart,
    ),
    (
        "<step> must|should|shall|has|have|needs|need|to|be* redone|reworked|rewritten|redrafted again|anew? :|because|since <reason>",
        RedoFor,
    ),
    ("give <steps> one more go|try|attempt|shot|run|crack|round|chance|spin", Restart),
    // "let gemini redo the notes, reason: too long".
    (
        "let|have|make|get <model> redo|rework|rewrite|repeat|retry|do|try <step> again|over? ,|:|-|and|with|the* reason|because|since is|:|=|-* <reason>",
        Redo,
    ),
    ("let|have|make|get <model> redo|rework|rewrite|repeat <step> again|over? ,|:|- <told>", Redo),
    ("let|have|make|get <model> redo|rework|repeat|retry <steps> again|instead|please|over*", Redo),
    ("let|have|make|get <model> do|try|write|run|make <steps> again|over|anew once|more|please*", Redo),
    (
        "<steps> must|should|shall|has|have|needs|need|to|be* run|built|done|made|executed|tried|started again|anew",
        Restart,
    ),
    (
        "<steps> must|should|shall|has|have|needs|need|to|be* rerun|re-run|rebuilt|redone|restarted|repeated",
        Restart,
    ),
    (
        "please|retry|redo|rerun|re-run|restart|repeat <steps> again|over|once|more* with|using|by|via|on <model> <notmodel> this? time?",
        Redo,
    ),
    (
        "please|do|run|try|start* <steps> again|over|once|more more? with|using|by|via|on <model> <notmodel> this? time?",
        Redo,
    ),
    (
        "please|retry|redo|rerun|re-run|restart|repeat <steps> again|over|once|more* with|using|and <options> this? time?",
        AgainWith,
    ),
    ("please|do|run|try|start* <steps> again|anew with|using|and <options> this? time?", AgainWith),
    (
        "retry|redo|rerun|re-run|restart|repeat it again|over|once|more* with|using <options> this? time?",
        AgainWith,
    ),
    ("try|run|start|do again|once|more more? with|and <given>", AgainWith),
    ("once|one more time? please?", AgainWith),
    (
        "let|have|make* <steps> run|retry|try|be|retried* <n> more? times|time if|when it|they fails|fail",
        Number("--retry"),
    ),
    (
        "let|have|make* <steps> run|retry|try|be|retried|it|again* <times> more|again? if|when it|they fails|fail",
        Number("--retry"),
    ),
    (
        "write|draft|compose|generate|produce|prepare <steps> with|using|by|via <model> <notmodel>",
        Text("--model"),
    ),
    ("the? same|ditto|likewise for|goes|with|on|applies|to|holds* <steps> too|also|as|well|please*", Same),
    ("<steps> too|also|likewise|same please?", Same),
    ("<steps> as well", Same),
    // Options.
    ("give|allow|grant|assign <steps> <given>", Edit),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|gets|get|wants|want|be|is|:|,|take|takes|last|lasts|run|runs|for|-* <given>"
        ),
        Edit,
    ),
    (concat!("let|have|make <steps> ", modal!(), "|get|be|take|last|run|for* <given>"), Edit),
    (
        "set|put|use|add|export|apply|turn|switch|enable|require|want|need|i|we|please|on|with|also* <options> for|on|at|to|in <steps>",
        OptionsOf,
    ),
    ("<options> for|on|to|at|of|in|with <steps> ,|and|with* <options>", OptionsOf),
    ("<options> of|from|in <steps>", OptionsOf),
    (
        "if|when|whenever <steps> fails|failed|breaks|crashes try|retry|rerun|run it? again? up|to|at|most* <n> more? times",
        Number("--retry"),
    ),
    (
        concat!(
            "<steps> ",
            modal!(),
            "* be? killed|stopped|aborted|cancelled|terminated|stop|abort|ended after <span>"
        ),
        Number("--timeout"),
    ),
    (
        "if|when|whenever <steps> fails|failed|breaks|crashes|crash|fail ,? try|retry|rerun|run it|them again? up|to|at|most* <times>",
        Number("--retry"),
    ),
    (
        "if|when|whenever <steps> fails|failed|breaks|crashes|crash|fail ,? give it|them <n> more|further|extra? try|tries|chance|chances|attempt|attempts|retry|retries",
        Number("--retry"),
    ),
    (
        "no step|job|task|one should|may|must|shall|can|is|allowed|to|ever* take|run|last|work for? longer|more than <span>",
        OfAll("--timeout"),
    ),
    (
        concat!(
            "let|have* <steps> ",
            modal!(),
            "* fail <times> before|until we|it|you|they|i* give|gives|giving up"
        ),
        Number("--retry"),
    ),
    (
        "do? not|never retry|repeat <steps> at|ever|any|longer|anymore all|more|longer?",
        Fixed(&["--retry", "0"]),
    ),
    ("kill|stop|abort|cancel <steps> after <span>", Number("--timeout")),
    (
        concat!("<steps> ", modal!(), "|does|do* not|never run|take|last|work for? longer|more than <span>"),
        Number("--timeout"),
    ),
    (
        concat!(
            "let|have|make|get|want|i|we* <model> <notmodel> ",
            modal!(),
            "* do|write|handle|run|take|make|draft|review|work over|on? <steps>"
        ),
        TextOf("--model"),
    ),
    (
        "i|we|want|would|like|need|have* <steps> to|be* reviewed|checked|approved by? a|the? human|me|us|person|someone? first?",
        Fixed(&["--review"]),
    ),
    (
        "add|set|put|export|append <env> to|in|into|of|for|on|the|environment|env|variables|vars* <steps>",
        EnvOf,
    ),
    ("<given>", It),
    ("allow|permit|grant|give|set|use|make it|them? <given>", It),
    ("cap|limit|bound|restrict|timeout|stop|time <steps> out? at|to|after <span>", Number("--timeout")),
    (
        concat!(changes!(), "* timeout|deadline|limit of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--timeout"),
    ),
    (
        concat!(changes!(), "* time limit of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--timeout"),
    ),
    (
        concat!(changes!(), "* <steps> 's? timeout|deadline|limit ", becomes!(), "* <span>"),
        Number("--timeout"),
    ),
    (concat!(changes!(), "* <steps> 's? time limit ", becomes!(), "* <span>"), Number("--timeout")),
    (concat!(changes!(), "* retries|retry of|for|on|at|in <steps> ", becomes!(), "* <n>"), Number("--retry")),
    (concat!(changes!(), "* <steps> 's? retries|retry ", becomes!(), "* <n> times?"), Number("--retry")),
    (
        concat!(changes!(), "* backoff|delay of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--retry-backoff"),
    ),
    (concat!(changes!(), "* <steps> 's? backoff|delay ", becomes!(), "* <span>"), Number("--retry-backoff")),
    ("retry <steps> <times>", Number("--retry")),
    (
        concat!("<steps> ", modal!(), "|be* attempted|tried|retried|repeated again? up|to|at|most* <times>"),
        Number("--retry"),
    ),
    ("<steps> needs|need more retries|attempts|tries , make it|that|them <n>", Number("--retry")),
    ("<steps> needs|need more time , make it|that|them <span>", Number("--timeout")),
    ("let|please* give|allow|grant <steps> more time ,|:|-|to|up|of* <span>", Number("--timeout")),
    ("let|have|make* <steps> retry|try|run|be|retried|again|up|to|it* <times> <notspan>", Number("--retry")),
    ("do? not|never retry|repeat <steps> when|if|on it|they? fails|fail|failure", Fixed(&["--retry", "0"])),
    (
        "there|is|are|we|have|i|see* no need|reason for|of|to retries|retry|retrying on|for|of|at? <steps>",
        Fixed(&["--retry", "0"]),
    ),
    ("no|without a|any? timeout|deadline for|on|at <steps>", Fixed(&["--timeout", ""])),
    ("give|allow <steps> no timeout|deadline anymore?", Fixed(&["--timeout", ""])),
    // Models.
    (
        concat!(
            "let|have|make|get|tell|ask|can|could|want|i|we|next|time|please* <model> <notmodel> ",
            modal!(),
            "* do|write|handle|run|take|work|draft|rewrite|review|implement|translate|perform|own|drive|generate|tackle|cover|judge|be|make over|on|care|of? <steps> <notmodel>"
        ),
        TextOf("--model"),
    ),
    // "let gemini rank the stories", where that is what the step `rank` does.
    (
        "let|have|get|ask|tell|want|would|like|i|we|please* <model> <notmodel> should|to|do|must|can* <step> the|all|our <word> <notmodel>",
        TextOf("--model"),
    ),
    (
        "replace|swap|exchange|change|switch <model> with|for|by|against|to <model> for|on|in|at|of <steps>",
        Instead,
    ),
    ("use|try|put|assign|prefer <model> <notmodel> for|on|to|in|at <steps>", TextOf("--model")),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|be|is|better|best|done|run|runs|written|made|making|doing|writing|running|handled|executed|by|with|on|using|via|through|over|to|go|goes|use|uses|:|let|switch|gets|get* <model> do|write|handle|run|that? it|them? <notmodel>"
        ),
        Text("--model"),
    ),
    (
        "switch|move|change|hand|assign|give|port|put|set <steps> over? to|on|onto|with <model> <notmodel>",
        Text("--model"),
    ),
    (
        concat!(changes!(), "* model|agent of|for|on <steps> ", becomes!(), "* <model> <notmodel>"),
        Text("--model"),
    ),
    (concat!(changes!(), "* <steps> 's? model|agent ", becomes!(), "* <model> <notmodel>"), Text("--model")),
    // Prompts, names, folders, files.
    (
        concat!(
            changes!(),
            "* prompt|instructions|instruction of|for|on|in <steps> ",
            becomes!(),
            "* <quote>"
        ),
        Text("--prompt-text"),
    ),
    (
        concat!(changes!(), "* <steps> 's? prompt|instructions|instruction ", becomes!(), "* <quote>"),
        Text("--prompt-text"),
    ),
    ("prompt|tell|ask|instruct <steps> with|to|: <quote>", Text("--prompt-text")),
    ("call|name|rename|relabel|title <step> to|as|into? <quote>", Text("--name")),
    ("rename|relabel <step> to|as|into <title>", Text("--name")),
    (
        concat!(changes!(), "|display* name|title|label of|for <step> ", becomes!(), "* <quote>"),
        Text("--name"),
    ),
    (concat!(changes!(), "* <step> 's? display? name|title|label ", becomes!(), "* <quote>"), Text("--name")),
    (concat!("<step> ", modal!(), "|be* called|named|titled <title>"), Text("--name")),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|be* run|work|live|start|runs|works|executed|executes in|inside|from the|folder|directory* <path>"
        ),
        Text("--cwd"),
    ),
    (
        concat!("<steps> ", modal!(), "|be* run|work|runs|works in|inside the folder|directory <word>"),
        Text("--cwd"),
    ),
    (
        concat!(changes!(), "* working? folder|directory|dir|cwd of|for <steps> ", becomes!(), "* <word>"),
        Text("--cwd"),
    ),
    ("run|put|build|start|execute|do|make <steps> in|inside the? folder|directory <word>", Text("--cwd")),
    ("<steps> in|inside the? folder|directory|dir <word>", Text("--cwd")),
    ("<steps> 's working? folder|directory|dir|cwd is|:|=|should|be* <word>", Text("--cwd")),
    ("<steps> 's lane is|:|=|should|be* <word>", Text("--lane")),
    (
        "keep|save|store|collect|preserve <path> of|from|in|by <steps> as? an|a|the|its? artifact|artifacts?",
        TextOf("--artifact"),
    ),
    ("keep|save|store|collect|preserve <path> as artifacts of|from <steps>", TextOf("--artifact")),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|:|,* keep|save|store|publish|produce|produces|keeps|saves <path> as? an|a|the? artifact|artifacts?"
        ),
        Text("--artifact"),
    ),
    (
        "<steps> writes|creates|produces|makes|generates|leaves|builds|puts out? <path> ,|and|;|:|-* please? keep|save|store|collect|preserve it|that|them|this as? an|a|the? artifact|artifacts?",
        Text("--artifact"),
    ),
    // Commands.
    (
        concat!(
            "<steps> ",
            modal!(),
            "* run|call|use|execute|be|start|invoke|runs|calls|uses|executes|do|is command|the|:* <argv> <notargv>"
        ),
        Command,
    ),
    (
        concat!(
            "let|have|make* <steps> ",
            modal!(),
            "|be|is* built|compiled|made|done|produced|generated|checked|run|tested|build|compile with|by|using|via|through the? command? <argv> <notargv>"
        ),
        Command,
    ),
    (
        "change|edit|update|make|modify|set <steps> so|such that it|they runs|run|calls|call|uses|use|executes <argv> <notargv>",
        Command,
    ),
    (
        concat!(changes!(), "* command|cmd|line* of|for|in <steps> ", becomes!(), "* <argv> <notargv>"),
        Command,
    ),
    (concat!(changes!(), "* <steps> 's? command|cmd line? ", becomes!(), "* <argv> <notargv>"), Command),
    ("change|set|switch|make|turn what <steps> runs|calls|executes|does to|into|be <unlisted>", Command),
    (
        concat!(changes!(), "* what <steps> runs|calls|executes|does ", becomes!(), "* <argv> <notargv>"),
        Command,
    ),
    ("swap|replace|exchange|change <program> for|by|with|to|against <program> in|of|for|at <steps>", Swap),
    ("use <program> <notargv> for|in|as|at|on <steps>", Swap),
    ("make|let|have <steps> be|run? interactive|interactively", Fixed(&["--interactive"])),
    (
        concat!("<steps> ", modal!(), "|be|is|are|run|runs* interactive|interactively"),
        Fixed(&["--interactive"]),
    ),
    ("<steps> needs|need|wants|requires a|its|own* terminal|tty|keyboard", Fixed(&["--interactive"])),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|go|goes|belong|belongs|move|come|be* to|in|into|on the <word> lane|row"
        ),
        Text("--lane"),
    ),
    ("put|move|show|place <steps> to|in|into|on the <word> lane|row", Text("--lane")),
    // Review and network.
    (
        "cut|turn|switch|take|block|deny|forbid|disable off|away? the|all|any* ~network|internet|net access|connection? for|of|from|to|on|in <steps>",
        Fixed(&["--network", "deny"]),
    ),
    (
        "the|a* result|results|output|work of|from <steps> should|must|shall|has|have|to|needs|need|be* reviewed|checked|approved by? a|the? human|me|person|hand|someone?",
        Fixed(&["--review"]),
    ),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|be* reviewed|checked|looked|approved at? by? a|the? human|me|person|hand|someone?"
        ),
        Fixed(&["--review"]),
    ),
    (
        concat!(
            "have|let|get|make* <steps> ",
            modal!(),
            "|be* reviewed|checked|looked over|through|at? by? me? before it|that|they|anything counts|count|is|goes|go as|done|finished|complete|on*"
        ),
        Fixed(&["--review"]),
    ),
    (
        "please|let|have|make|get|ask|i|we|want|would|like|that|the* a? human|person|someone|somebody|us|me should|must|to|can* review|reviews|check|checks|look|looks|inspect|inspects the|a|at|over|through* result|results|output|work? of? <steps> first|too|also*",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|also|let|me* review|check|see|look the|a|at* result|results|output|work? of? <steps>",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|also|let|me* review|check|see|look|inspect|read the|a|at* result|results|output|work? of? <steps> before it|that|they|anything counts|count|is|goes|go as|done|on*",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|have|add|put|also|let|me* a human? review on|for <steps>",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|have|add|put|also|let|me* a human? review on|for <steps> before anything|it|that goes|continues|counts on|as|done*",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|also|let|me|us* review|check|see|look|inspect at? what|whatever <steps> produces|makes|does|writes|gives|outputs|did|made|wrote|produced out? first|before|anything|it|that|goes|continues|on|counts|else|the|rest*",
        Fixed(&["--review"]),
    ),
    (
        "i|we want|would|like|to|need* review|check|see what|whatever comes|it out|does|produces of? it|that?",
        Fixed(&["--review"]),
    ),
    (
        "let|have me|us review|check|see|inspect|read|look at|over|through|the|its|their* result|results|output|work first|too|also|before|it|that|counts|is|goes|as|done|on*",
        Fixed(&["--review"]),
    ),
    ("turn|switch|enable|require on? the|a|human* review on? for|of|on|at|in <steps>", Fixed(&["--review"])),
    ("turn|switch|disable off? the|a|human* review off for|of|on|at|in <steps>", Fixed(&["--review=false"])),
    ("turn|switch|disable off the|a|human* review for|of|on|at|in <steps>", Fixed(&["--review=false"])),
    (
        "<steps> does|do|should|need|needs|must|is|are|has|have? not|no longer|need|needs|have|to|be|a|any|human|require|requires|subject* review|reviewed|reviewing any|longer|anymore|more|now*",
        Fixed(&["--review=false"]),
    ),
    (
        "<steps> does|do|should|must|may|can|has|have? not|no longer|need|needs|have|get|use|to|any|touch|access|the* ~network|internet access?",
        Fixed(&["--network", "deny"]),
    ),
];
