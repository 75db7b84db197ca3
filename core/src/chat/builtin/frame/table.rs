//! Whole requests: what people say, with slots for what it is about, and what is done.

/// What is done with what fills the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Options, then steps.
    OptionsOf,
    /// Steps, then options.
    Edit,
    /// Steps, then a number, of this flag.
    Number(&'static str),
    /// Steps, then a text, of this flag.
    Text(&'static str),
    /// A text of this flag, then steps.
    TextOf(&'static str),
    /// Steps and a command line.
    Command,
    /// Two command lines: what one runs, and what it is to run; then steps.
    Swap,
    /// These flags of steps.
    Fixed(&'static [&'static str]),
    /// Steps, then a flag without a value that is taken back.
    Wait,
    NoWait,
    /// Waits no more for these, but for those.
    WaitInstead,
    Precede,
    Restart,
    From,
    /// A line of nothing but these words.
    Line(&'static [&'static str]),
    /// A line of these words, and what fills the slots, each behind it.
    Filled(&'static [&'static str], &'static [&'static str]),
    RunGroupFailed,
    Force,
    Rework,
    RejectRework,
    BlockGate,
    Remove,
    Cascade,
    Detach,
    Group,
    Fuse,
    Copied,
    /// Says nothing new.
    Nothing,
    Accept,
    /// Options of what was spoken of.
    It,
    /// What was said of a group that was taken apart.
    Kept,
    RemoveAndWait,
}

use Does::{
    Accept, BlockGate, Cascade, Command, Copied, Detach, Edit, Filled, Fixed, Force, From, Fuse, Group, It,
    Kept, Line, NoWait, Nothing, Number, OptionsOf, Precede, RejectRework, Remove, RemoveAndWait, Restart,
    Rework, RunGroupFailed, Swap, Text, TextOf, Wait, WaitInstead,
};

/// Who is to do or be something.
macro_rules! modal {
    () => {
        "should|shall|must|has|have|to|needs|need|also|can|may|will|then|both|all|now|directly|just|would|each"
    };
}
macro_rules! changes {
    () => {
        "set|bump|raise|increase|change|lower|reduce|extend|cap|limit|switch|make|adjust|update|edit|fix|replace|put|turn|use|let|have|also|the|a|new"
    };
}
macro_rules! becomes {
    () => {
        "to|at|by|with|:|=|->|is|be|should|shall|must|has|as|into|up|down|from|now|a|the"
    };
}
macro_rules! waits {
    () => {
        "wait|waits|depend|depends|come|comes|run|runs|start|starts|follow|follows|need|needs|require|requires|go|goes|hang|hangs|happen|running|waiting|depending|coming"
    };
}
macro_rules! waits_for {
    () => {
        "for|on|after|upon|under|until|from"
    };
}

/// The requests; the first that explains every word is what is meant.
pub(super) const FRAMES: &[(&str, Does)] = &[
    (
        "please|run|start|do|try* <steps> once|one* more? again|anew|more|time as|well|too|also|please*",
        Restart,
    ),
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
    ("kill|stop|abort|cancel <steps> after <span>", Number("--timeout")),
    ("<given>", It),
    ("cap|limit|bound|restrict|timeout|stop|time <steps> out? at|to|after <span>", Number("--timeout")),
    (
        concat!(changes!(), "* timeout|deadline|limit of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--timeout"),
    ),
    (
        concat!(changes!(), "* time limit of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--timeout"),
    ),
    (concat!(changes!(), "* <steps> 's? timeout|deadline ", becomes!(), "* <span>"), Number("--timeout")),
    (concat!(changes!(), "* <steps> 's? time limit ", becomes!(), "* <span>"), Number("--timeout")),
    (concat!(changes!(), "* retries|retry of|for|on|at|in <steps> ", becomes!(), "* <n>"), Number("--retry")),
    (concat!(changes!(), "* <steps> 's? retries|retry ", becomes!(), "* <n> times?"), Number("--retry")),
    (
        concat!(changes!(), "* backoff|delay of|for|on|at|in <steps> ", becomes!(), "* <span>"),
        Number("--retry-backoff"),
    ),
    (concat!(changes!(), "* <steps> 's? backoff|delay ", becomes!(), "* <span>"), Number("--retry-backoff")),
    ("retry <steps> <times>", Number("--retry")),
    ("<steps> needs|need more retries|attempts|tries , make it|that|them <n>", Number("--retry")),
    ("<steps> needs|need more time , make it|that|them <span>", Number("--timeout")),
    // Models.
    (
        concat!(
            "let|have|make|get|can|could|want|i|we|next|time|please* <model> ",
            modal!(),
            "* do|write|handle|run|take|work|draft|rewrite|review|implement|translate|perform|own|drive|generate|tackle|cover|judge|be|make over|on|care|of? <steps> <notmodel>"
        ),
        TextOf("--model"),
    ),
    ("use|try|put|assign|prefer <model> <notmodel> for|on|to|in|at <steps>", TextOf("--model")),
    (
        concat!(
            "<steps> ",
            modal!(),
            "|be|is|done|run|runs|written|made|handled|executed|by|with|on|using|via|through|over|to|go|goes|use|uses|:|let|switch|gets|get* <model> do|write|handle|run|that? it|them? <notmodel>"
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
    ("run|put <steps> in|inside the? folder|directory <word>", Text("--cwd")),
    (
        "keep|save|store|collect|preserve <path> of|from|in|by <steps> as? an|a|the|its? artifact|artifacts?",
        TextOf("--artifact"),
    ),
    (
        concat!(
            "<steps> ",
            modal!(),
            "* keep|save|store|publish|produce|produces|keeps|saves <path> as? an|a|the? artifact|artifacts?"
        ),
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
        concat!(changes!(), "* command|cmd|line* of|for|in <steps> ", becomes!(), "* <argv> <notargv>"),
        Command,
    ),
    (concat!(changes!(), "* <steps> 's? command|cmd line? ", becomes!(), "* <argv> <notargv>"), Command),
    ("swap|replace|exchange|change <program> for|by|with|to|against <program> in|of|for|at <steps>", Swap),
    ("use <program> <notargv> for|in|as|at|on <steps>", Swap),
    // Review and network.
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
            "<steps> ",
            modal!(),
            "|be* reviewed|checked by? me? before it|that|they|anything counts|count|is|goes|go as|done|on*"
        ),
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|also|let|me* review|check|see|look the|a|at* result|results|output|work? of? <steps>",
        Fixed(&["--review"]),
    ),
    (
        "i|we|want|would|like|to|need|also|let|me* review|check|see the|a* result|results|output|work? of? <steps> before it|that|they|anything counts|count|is|goes|go as|done|on*",
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
        "i|we want|would|like|to|need* review|check|see what|whatever comes|it out|does|produces of? it|that?",
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
    // Order.
    (
        concat!(
            "make|let|have|and|also* <nodes> ",
            modal!(),
            "* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> too|also|as|well|first|directly|to|be|done|finished|finish|is|are|has|ends|passed|over|complete*"
        ),
        Wait,
    ),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "* not|only be? start|run|begin|go|started|happen before|until|after the? <nodes> is|are|has|have|been|done|finished|over|complete|through|passed*"
        ),
        Wait,
    ),
    ("hook|attach|hang|tie <nodes> in? up? to|onto|under|behind|on <nodes> too|as|well|instead*", Wait),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "|does|do* not|no|never longer|need|needs|have|has|to|only|be* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> any|more|longer|anymore|directly*"
        ),
        NoWait,
    ),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "|does|do* not|no|never longer|need|needs|have|has|to|be* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> any|more|longer|anymore|directly* , but|only|just* on|for|after <nodes>"
        ),
        WaitInstead,
    ),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> instead|rather|in of|than|place of? <nodes>"
        ),
        WaitInstead,
    ),
    (
        "cut|detach|unhook|disconnect|free|drop|unplug|decouple|take <nodes> off|away|loose? from <nodes>",
        NoWait,
    ),
    (
        "cut|remove|drop|delete|break the|a* dependency|edge|link|wait of|from|between <nodes> on|to|and|from|for <nodes>",
        NoWait,
    ),
    ("drop|remove|cut|delete that|this|the dependency|edge|link", Nothing),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "* be? finish|finished|complete|come|comes|run|runs|happen|done|ready|through|over before <nodes> starts|start|runs|run|begins|goes|is|can|go|too|also*"
        ),
        Precede,
    ),
    ("<nodes> can go|start|run|begin right|straight away", Nothing),
    ("<nodes> can go|start|run|begin now|immediately", Nothing),
    // Runs.
    ("run|start|do <steps> again and|, <steps> as|too|also|well*", Restart),
    (
        "bounce|rerun|re-run|redo|repeat|restart|relaunch|retrigger <steps> once|again|more|as|too|also|well|please*",
        Restart,
    ),
    ("run|start|kick <steps> off? again|anew|once|more as|well|too|also|more*", Restart),
    ("start <steps> once more", Restart),
    (
        "everything|all|rerun|re-run|redo|restart|run|repeat|start|do|the|whole|thing|it|again|stuff|rest|pipeline|over once? more? again? everything|all|it|the|whole|thing|pipeline|again|over|stuff* from|starting|at|with|beginning on? from|at|with|on? <step> on|onwards|onward|forward|again|please|and|everything|all|it|down|after*",
        From,
    ),
    (
        "rerun|re-run|restart|redo|repeat|run|do? <step> again? and|plus everything|all|whatever|what that|which? is|comes|follows|depends|runs|hangs? after|behind|following|downstream|on|off|of it? again|too|please*",
        From,
    ),
    (
        "rerun|re-run|restart|retry|redo|run|the|what|whatever|all|everything|that|has|please* failed|broken|failing stuff|steps|ones|things|jobs|again|once|more|please*",
        Line(&["run", "all", "--failed"]),
    ),
    (
        "kick|off|retry|run|rerun|restart|start|everything|all|what|whatever|that|has* failed again|once|more|please*",
        Line(&["run", "all", "--failed"]),
    ),
    (
        "run|go|start|do|kick|off|with|on|please|ahead|everything|all|it|the|whole|thing|lot|pipeline|sequence|but|and|,|only|at|most|max|maximum|not|never|no|more|than|limit|concurrency|up|to|a|of* <n> steps|step|jobs|at|once|a|time|in|parallel|concurrently|concurrent|simultaneously|max|most*",
        Filled(&["run", "all"], &["--max-concurrent"]),
    ),
    (
        "run|start|do all|everything|it|the|whole|thing in|as|to the? background",
        Line(&["run", "all", "--detach"]),
    ),
    (
        "run|start the? <group> but|,|only|and|just* what|whatever|those|the failed|failing|steps|ones in|of|it|that|there|has|have*",
        RunGroupFailed,
    ),
    (
        "run|start all|everything|it|the|whole|thing and|,|but* keep|keeps waiting|wait at|on|for the|any* reviews|review|gates|gate|approvals and|,|gates|reviews*",
        Line(&["run", "all", "--wait"]),
    ),
    (
        "carry|go|move|continue|proceed|run|do|then|and on|with|the|all|rest|everything|else|remaining|steps|ahead|others*",
        Line(&["run", "all"]),
    ),
    (
        "start|run|launch all|everything|whatever|what|that|which* can start|run|go|now|right|already|be|,|only|but|just|once|please*",
        Line(&["run", "runnable"]),
    ),
    (
        "kill|stop|abort|halt|terminate everything|all|that|is|thats|running|still|,|right|now|immediately|steps|at|once|hard* no|without grace|mercy|delay|waiting|period*",
        Line(&["stop", "--all", "--now"]),
    ),
    (
        "stop|halt|abort whatever|what|everything|all|anything that|is|thats|currently|still|running|now|right*",
        Line(&["stop", "--all"]),
    ),
    (
        "forget|clear|wipe|reset all|every|the|old* results|statuses|states|status|state|progress",
        Line(&["reset", "--all"]),
    ),
    ("redo what|the i|change just|that* undid|undone|undo", Line(&["redo"])),
    (
        "force <step> to|run|start|, even|although|though|anyway|despite|i|know|it|its|is|that|being|blocked*",
        Force,
    ),
    ("run|start <step> even|although|though|despite|it|its|is|that|being* blocked", Force),
    // Decisions.
    ("accept|approve", Accept),
    (
        "send|kick|give|hand|pass <step> back for? rework|reworking? ,|:|and|because|reason|with|the|-* <reason>",
        RejectRework,
    ),
    (
        "reject <step> and|, have|let|get|send|with|for it? be? back? for? reworked|rework|redone ,|:|because|reason|-* <reason>",
        RejectRework,
    ),
    (
        "block|hold|veto|close|reject <gate> ,|and|,* send|put|rework|push the? work? back? to|from|at? <step> ,|:|because|reason|-|and* <reason>",
        Rework,
    ),
    ("block|hold|veto|close|reject <gate> : <reason>", BlockGate),
    ("block|hold|veto|close|reject <gate> ,|because|with|the* reason|because :|is|=* <reason>", BlockGate),
    (
        "do|we|you|agents* not|never spend more than|over <n> usd|dollars|bucks on|in|all|total|overall|the|whole|thing|it|this*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "steps should|must|shall|may|can|are|be* allowed? to? start|run|use|call <word>",
        Filled(&["policy", "allow"], &[""]),
    ),
    (
        "reject <step> with|for|the|this|reason|:* <quote> and|, have|let|get|send|do|make* it|that* be|do|back|for|run|the|work|try|start* again|reworked|rework|redone|back",
        RejectRework,
    ),
    (
        "ask me before more than <n> usd|dollars|bucks are|is|get|gets|were* spent|used in|on|all|total|overall*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    ("keep|leave the|its|their|all steps|members alone|untouched|there?", Kept),
    ("show|display the? name|title of <step> as <quote>", Text("--name")),
    ("show|display <step> as <quote>", Text("--name")),
    ("turn|change|make the|a* command of <steps> into|to|be* <argv>", Command),
    // What goes.
    (concat!("<nodes> ", modal!(), "* go away", ""), Remove),
    ("bin|toss|chuck|purge|zap|trash <nodes> out|away?", Remove),
    ("kick|take|throw|pull|leave|rip|yank <nodes> out|away", Remove),
    (
        "remove|delete|drop|rm|nuke|ditch|bin|axe|kill|scrap <nodes> and|along|together|with|plus|including|,* everything|all|whatever|what|anything that|which? hangs|depends|comes|follows|relies|waits|builds off|on|after|behind|from|for|upon it|that|them",
        Cascade,
    ),
    (
        "remove|delete|drop|rm|nuke|ditch|bin|get|axe|scrap rid? of? <nodes> but|and|,* keep|leave what|whatever|everything|the|ones|steps|those|that* follows|depends|comes|is|behind|waits after|on|for|behind? it?",
        Detach,
    ),
    (
        "remove|delete|drop|rm|bin|nuke|ditch <step> and|, let|have|make <steps> follow|wait|depend|come for|on|after? <nodes> directly|instead*",
        RemoveAndWait,
    ),
    (
        "remove|delete|drop|rm|bin <nodes> and|, whatever|what|everything|all|the that|which? depends|depended|waits|hangs on|for? it no longer depends|waits|depend|wait on|for it",
        Detach,
    ),
    // Side by side.
    (
        "the|put|group|run|let|have|make|parallelise|parallelize|bundle* <steps> can|should|may|must|to|run|be|go|are|in|as|at|the|one|a|into|together* parallel|group so|that|they|it|run|in|parallel|,|together|with|under|into|group|and|as|the|one|a|called|named|call|name|id|:|=* <new>",
        Group,
    ),
    (
        "the|put|group|run|let|have|make|parallelise|parallelize|bundle* <steps> can|should|may|must|to|run|be|go|are|in|as|at|the|one|a|into|together* parallel|group so|that|they|it|run|in|parallel|,|together|with|under|into|group|and|as|the|one|a|called|named|call|name|id|:|=* <new> <options>",
        Group,
    ),
    ("group|bundle|parallelise|parallelize <steps> as|into|under|called|named|, <new>", Group),
    (
        "group|bundle|parallelise|parallelize <steps> as|into|under|called|named|, <new> so that they run in parallel",
        Group,
    ),
    ("group|bundle|parallelise|parallelize <steps> as|into|under|called|named|, <new> <options>", Group),
    ("take|tear|break|pull <group> apart|up", Filled(&["group", "dissolve"], &[""])),
    ("dissolve|ungroup|disband|split the|up* <group> up?", Filled(&["group", "dissolve"], &[""])),
    (
        "make|create|build|add|do a|the* fusion of|from|with|out of? <steps> ,|with|and|the* synth|synthesis|synthesizer|synthesised|merged|called|named|into|as is|=|:|by|in|called|into|as|named|the|step|it* <word>",
        Fuse,
    ),
    (
        "make|use|turn|let <steps> into|be|as|the|a* fusion candidates? ,|with|and* <word> as|is|being the|a? synth|synthesis|synthesizer",
        Fuse,
    ),
    (
        "make|use|turn|let <steps> into|be|as|the|a* candidates ,|with|and|of|a|fusion* <word> as|is|being the|a? synth|synthesis|synthesizer",
        Fuse,
    ),
    // The rest.
    ("clone|copy|duplicate the? <step> as|to|into|named|called|, <new>", Copied),
    ("make|create|add a|another? copy|clone|duplicate of <step> as|named|called|, <new>", Copied),
    (
        "clone|copy|duplicate the? <step> as|to|into|named|called|, <new> but|and|,|with let|have|make* <model> do|run|handle? it?",
        Copied,
    ),
    (
        "make|create|add a|another? copy|clone|duplicate of <step> as|named|called|, <new> but|and|,|with let|have|make* <model> do|run|handle? it?",
        Copied,
    ),
    (
        "set|the|a|total|overall|limit|budget|cap|max|maximum|of|to|is|at|:|=* budget of|to|is|at|:|=|total* <n> usd|dollars|dollar|bucks",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "ask me before we|you|it|this|the|whole|thing|agents|spend|spends|spending|costs|cost* more than|over <n> usd|dollars|bucks in|all|total|overall*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "allow|permit|let the|steps|program|command|to|use|run|start|please* <word> in|for|by|the|policy|steps*",
        Filled(&["policy", "allow"], &[""]),
    ),
];

/// What follows a request and leaves out its field: "…, and ship to 'Ship it'".
pub(super) const AGAIN: &[(&str, Does)] = &[
    ("<steps> to|with|as|into|:|at|by* <quote>", Text("")),
    ("<steps> to|with|as|into|:|at|by* <model>", Text("--model")),
    ("<steps> to|with|at|by|:* <span>", Number("--timeout")),
    ("<steps> to|with|at|by|:* <n> times?", Number("--retry")),
    ("<steps> to|with|at|by|:* <times>", Number("--retry")),
    ("<n> for|on|to|in <steps>", OptionsOf),
];
