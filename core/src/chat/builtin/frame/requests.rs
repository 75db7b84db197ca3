//! Whole requests that are not about fields: order, runs, decisions, what goes, groups.

use super::does::Does;
use super::words::{modal, waits, waits_for};
use Does::{
    Cascade, Detach, Filled, Fixed, Force, From, Line, Move, NoWait, Nothing, Number, Precede, Remove,
    RemoveAndWait, Reset, Restart, Run, RunGroupFailed, Spared, StopNow, Text, Wait, WaitInstead, WaitNot,
    WaitOnly, Without,
};

/// "a need not wait for b any more".
macro_rules! need_not_wait {
    () => {
        concat!(
            "<nodes> ",
            modal!(),
            "|does|do* not|no|never longer|need|needs|have|has|to|be* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> any|more|longer|anymore|directly*"
        )
    };
}

/// The requests; the first that explains every word is what is meant.
pub(super) const FRAMES: &[(&str, Does)] = &[
    (
        "let|have|make|put|please* <steps> both|all|should|shall|must|can|to* share|use|get the|a|one|same|common* lane|row called|named|:* <word>",
        Text("--lane"),
    ),
    (
        "wait|pause|sleep|leave <span> before|between|each|every|the|another|its|two* retrying|retry|retries|tries|attempts|try|attempt of|for|on|to|at? <steps>",
        Number("--retry-backoff"),
    ),
    (
        "between two|the|its|each|all* retries|tries|attempts of|for|on|at <steps> ,|please* wait|pause|sleep|leave for? <span>",
        Number("--retry-backoff"),
    ),
    (
        "take|lift|get|drop|remove|clear the|any|time* limit|timeout|deadline off|from|away|of* <steps>",
        Fixed(&["--timeout", ""]),
    ),
    // Order.
    (
        concat!(
            "make|let|have|and|also* <nodes> ",
            modal!(),
            "* depend|depends|wait|waits only|solely|just on|upon|for <nodes>"
        ),
        WaitOnly,
    ),
    (
        concat!(
            "make|let|have|and|also* <nodes> ",
            modal!(),
            "* only|solely|just depend|depends|wait|waits on|upon|for <nodes>"
        ),
        WaitOnly,
    ),
    (
        concat!(
            "make|let|have|and|also* <nodes> ",
            modal!(),
            "* ",
            waits!(),
            " out|live|ahead? only|strictly|also|too? ",
            waits_for!(),
            "? <nodes> too|also|as|well|first|directly|to|be|done|finished|finish|is|are|has|have|ends|passed|over|complete|approved|agreed|accepted|confirmed|decided*"
        ),
        Wait,
    ),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "* not|only be? start|run|begin|go|started|happen|proceed|continue ahead|on|out|live? before|until|after the? <nodes> is|are|has|have|been|done|finished|over|complete|through|passed|approved|accepted|agreed|clean*"
        ),
        Wait,
    ),
    (
        concat!(
            "let|make|have* <nodes> ",
            modal!(),
            "* only be? start|starts|run|runs|begin|begins|go|goes|started|happen once|when the? <nodes> is|are|has|have|been* done|finished|over|complete|completed|through|passed|green too|also|as|well*"
        ),
        Wait,
    ),
    (
        "do not|never run|start|begin|launch|kick off? <nodes> before|until|unless the? <nodes> is|are|has|have|been* done|finished|finishes|over|complete|completed|through|passed|passes|green|approved|accepted|clean",
        Wait,
    ),
    (
        "only|just run|start|begin|launch|do <nodes> if|when|once|after the? <nodes> is|are|has|have|been|was* done|finished|over|complete|completed|through|passed|passes|succeeded|succeeds|green|ok|worked|works too|as|well*",
        Wait,
    ),
    (
        "run|start|begin|launch|do <nodes> only if|when|once|after the? <nodes> is|are|has|have|been|was* done|finished|over|complete|completed|through|passed|passes|succeeded|succeeds|green|ok|worked|works",
        Wait,
    ),
    (
        "only|just run|start|begin|launch|do <nodes> after|behind <nodes> is|are|has|have|been|done|finished*",
        Wait,
    ),
    ("hook|attach|hang|tie <nodes> in? up? to|onto|under|behind|on <nodes> too|as|well|instead*", Wait),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "|does|do|be|is|are* not|no|never longer|need|needs|have|has|to|only|be* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> any|more|longer|anymore|directly*"
        ),
        NoWait,
    ),
    (concat!(need_not_wait!(), " ,? but|only|just* on|for|after <nodes>"), WaitInstead),
    (
        concat!(
            "make|let|have* <nodes> ",
            modal!(),
            "* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> instead|rather of|than for|on|after? <nodes>"
        ),
        WaitInstead,
    ),
    // "a need not wait for b, c is enough".
    (
        concat!(need_not_wait!(), " ,|:|-|and|, <nodes> is|are|will|would enough|do|suffice|sufficient"),
        WaitInstead,
    ),
    (
        "<nodes> can|may|should|could|shall|will be|already* start|run|go|begin|proceed|continue|work|built|made|done|started|executed ahead|on? without waiting? for|on? <nodes>",
        NoWait,
    ),
    (
        "<nodes> is|are not|no|longer* needed|required|necessary for|by|in <nodes> any|more|longer|anymore|now*",
        Spared,
    ),
    (
        "<nodes> only|strictly|always after|once|when|behind <nodes> is|are|has|have|been|done|finished|over|complete|through|passed|green*",
        Wait,
    ),
    (
        "cut|detach|unhook|disconnect|free|drop|unplug|decouple|take <nodes> off|away|loose? from <nodes>",
        NoWait,
    ),
    (
        "cut|remove|drop|delete|break the|a* dependency|edge|link|wait of|from|between <nodes> on|to|and|from|for <nodes>",
        NoWait,
    ),
    (
        "cut|remove|drop|delete|break the|a* dependency|edge|link|wait that? <nodes> has|have on|to|from <nodes>",
        NoWait,
    ),
    ("make|let|have|keep <nodes> be? independent of|from <nodes>", NoWait),
    (
        "<nodes> not|never before|until|till <nodes> is|are|has|have|been|done|finished|over|complete|through|passed|approved|accepted|agreed|clean*",
        Wait,
    ),
    ("<nodes> should|must|shall be independent of|from <nodes>", NoWait),
    (
        "take|drop|remove|cut|strike|delete <nodes> out|off? of|from the? <step> 's dependencies|deps|dependency|list|waits",
        Spared,
    ),
    ("remove|drop|take|cut <nodes> out? of|from <step>", Spared),
    (
        "wire|hook|connect|attach|hang|link <nodes> up? to|onto|behind|after|under <nodes> instead|rather of|than <nodes>",
        WaitInstead,
    ),
    (
        concat!(
            "make|let|have* <nodes> ",
            modal!(),
            "* ",
            waits!(),
            " as soon as <nodes> is|are|has|have|been|done|finished|over|complete|through|passed|approved|accepted|agreed|clean*"
        ),
        Wait,
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
    (
        "<nodes> is|are|may|must|should|can|has|have not|never allowed|permitted|supposed|to|be* start|run|begin|go before|until the? <nodes> is|are|has|have|been|done|finished|over|complete|through|passed|approved|accepted|agreed|clean*",
        Wait,
    ),
    (
        concat!(
            "<nodes> ",
            modal!(),
            "* ",
            waits!(),
            " ",
            waits_for!(),
            "? <nodes> and|but|,* not|no|longer* for|on|after <nodes> any|more|anymore*"
        ),
        WaitNot,
    ),
    (
        "move|put|place|list|show <step> right|directly|just? before|above <step> in the file|list|yaml|order",
        Move("--before"),
    ),
    (
        "move|put|place|list|show <step> right|directly|just? after|below|behind <step> in the file|list|yaml|order",
        Move("--after"),
    ),
    // Runs.
    ("run|start|do <steps> again and|, <steps> as|too|also|well*", Restart),
    (
        "bounce|rerun|re-run|redo|repeat|restart|relaunch|retrigger <steps> once|again|more|as|too|also|well|please*",
        Restart,
    ),
    ("run|start|kick <steps> off? again|anew|once|more as|well|too|also|more*", Restart),
    ("start <steps> once more", Restart),
    (
        "<steps> is|has|just* crashed|failed|died|broke|broken|red|stuck|flaky ,|:|-|so|please* once|one more time? please?",
        Restart,
    ),
    (
        "<steps> is|has|just* crashed|failed|died|broke|broken|red|stuck|flaky ,|:|-|so|please* another try|go|run",
        Restart,
    ),
    (
        "everything|all|rerun|re-run|redo|restart|run|repeat|start|do|the|whole|thing|it|again|stuff|rest|pipeline|over once? more? again? everything|all|it|the|whole|thing|pipeline|again|over|stuff* from|starting|at|with|beginning on? from|at|with|on? <step> on|onwards|onward|forward|again|please|and|everything|all|it|down|after*",
        From,
    ),
    (
        "everything|all|whatever from|starting|at|with|beginning* <step> on|onwards|onward|forward must|should|has|have|needs|to|be|is* run|executed|done|redone|rerun|repeated again|anew?",
        From,
    ),
    (
        "rerun|re-run|restart|redo|repeat|run|do? <step> again? and|plus then? everything|all|whatever|what that|which? is|comes|follows|depends|runs|hangs? after|behind|following|downstream|on|off|of it? again|too|please*",
        From,
    ),
    (
        "begin|start|restart again? with|at|from|on <step> again? and|,|then* run|do|redo|repeat everything|all|the|rest|remaining|what|comes|follows|after|it|steps*",
        From,
    ),
    (
        "from|starting|beginning with|at|on? <step> on|onwards|onward ,? everything|all|the|whole|thing|rest|lot* again|anew|once|more*",
        From,
    ),
    (
        "rerun|re-run|restart|redo|repeat|run|do? <step> again? ,|and|plus* then? everything|all|whatever|what|the that|which|rest? follows|comes|depends|behind it|on|next* again|too|please*",
        From,
    ),
    (
        "rerun|re-run|restart|retry|redo|run|the|what|whatever|all|everything|thing|things|step|steps|one|ones|stuff|that|which|has|have|just|please* failed|broken|failing stuff|steps|ones|things|jobs|again|once|more|please*",
        Line(&["run", "all", "--failed"]),
    ),
    (
        "kick|off|retry|run|rerun|restart|start|everything|all|what|whatever|that|has* failed again|once|more|please*",
        Line(&["run", "all", "--failed"]),
    ),
    (
        "please* run|go|start|do|kick|everything|all run|off|with|on|please|ahead|everything|all|it|the|whole|thing|lot|pipeline|sequence|steps|but|and|,|only|at|most|max|maximum|not|never|no|more|than|up|to|a|of* <n> steps|step|jobs|at|once|a|time|in|parallel|concurrently|concurrent|simultaneously|max|most*",
        Filled(&["run", "all"], &["--max-concurrent"]),
    ),
    (
        "limit|cap|set|the|concurrency|at|most|max|maximum|not|never|no|more|than|up|to|only* <n> steps|step|jobs|at|once|a|time|in|parallel|concurrently|concurrent|simultaneously|max|most* ,|and|:|then* run|go|start|do|kick off|on|ahead|everything|all|it|the|whole|thing|lot|pipeline|sequence*",
        Filled(&["run", "all"], &["--max-concurrent"]),
    ),
    ("run|start|do all|everything|whole in|as|to the? background", Line(&["run", "all", "--detach"])),
    (
        "run|start the? <group> but|,|only|and|just* what|whatever|those|the failed|failing|steps|ones in|of|it|that|there|has|have*",
        RunGroupFailed,
    ),
    (
        "run|start all|everything|it|the|whole|thing and|,|but* keep|keeps waiting|wait at|on|for the|any* reviews|review|gates|gate|approvals and|,|gates|reviews*",
        Line(&["run", "all", "--wait"]),
    ),
    (
        "carry|go|move|continue|proceed|run|do|then|and on|with|the|all|rest|everything|else|remaining|steps|ahead|others|that|is|what|whatever|possible|left|still|open|can|run*",
        Line(&["run", "all"]),
    ),
    (
        "run|do|start|go|get|carry on? as|much|many|far|steps|possible|can|you|we|it|everything|that|is|done* possible|can|go",
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
    (
        "forget|clear|wipe everything|all|whatever|what that|which|has|have|was* ran|run|happened|executed so|far|until|till|now*",
        Line(&["reset", "--all"]),
    ),
    (
        "forget|clear|wipe|discard|drop|reset the|all|old|last* results|result|status|state|outcome|outcomes|history|progress|runs of|from|for <steps>",
        Reset,
    ),
    ("redo what|the i|change just|that* undid|undone|undo", Line(&["redo"])),
    (
        "force <step> to|run|start|,|even|although|though|anyway|despite|i|know|it|its|is|that|being|blocked*",
        Force,
    ),
    ("run|start <step> by|force|anyway|even|although|though|despite|it|its|is|that|being* blocked", Force),
    ("run|start|do|execute only|just? <steps> and nothing else|more", Run),
    ("only run|start|execute <steps>", Run),
    (
        "kill|stop|abort|halt|terminate|cancel <steps> right|immediately|now|at|once|hard|,* no|without any? grace|mercy|delay|waiting period|time?",
        StopNow,
    ),
    (
        "do? not|never give|allow|let|grant <steps> have|use|get|touch|reach|talk|connect|speak|go|onto|on|any|the|to|access* ~network|internet access?",
        Fixed(&["--network", "deny"]),
    ),
    (
        "block|cut|keep|isolate|separate|shield <steps> off|away? from the? ~network|internet|net|web",
        Fixed(&["--network", "deny"]),
    ),
    (
        "please|then|and* from|starting|beginning at|with|on? <step> on|onwards|onward|,? run|rerun|redo|restart|repeat|do everything|all|again|the|rest|anew|it*",
        From,
    ),
    // What goes.
    (concat!("<nodes> ", modal!(), "* go away", ""), Remove),
    ("no <gate> any|anymore|longer|needed|required|necessary more|longer|now*", Remove),
    ("we|i do not need|want <gate> any|more|longer|anymore*", Remove),
    ("bin|toss|chuck|purge|zap|trash <nodes> out|away?", Remove),
    ("kick|take|throw|pull|leave|rip|yank <nodes> out|away", Remove),
    (
        "remove|delete|drop|rm|nuke|ditch|bin|axe|kill|scrap <nodes> and|along|together|with|plus|including|,* everything|all|whatever|what|anything that|which? hangs|depends|comes|follows|relies|waits|builds off|on|after|behind|from|for|upon it|that|them",
        Cascade,
    ),
    (
        "remove|delete|drop|rm|nuke|ditch|bin|get|axe|scrap|throw|take|kick rid|out? of? <nodes> out|away? but|and|,* keep|leave what|whatever|everything|the|all|ones|steps|those|that|which* follows|depends|comes|is|behind|waits|follow|depend|come|are|wait after|on|for|behind? it?",
        Detach,
    ),
    (
        "<steps> has|have nothing to do with <nodes> ,|and|so|because|it|they|can|may|start|run|begin|right|away|now|at|once|immediately*",
        NoWait,
    ),
    (
        "we|do|not|need|please* remove|delete|drop|rm|bin|nuke|ditch|scrap|cut <nodes> ,|-|since|because|as|:|and* <nodes> can|could|does|do|will|would|is|just|easily|also|works|live|manage|cope|survive|fine|ok|okay|run|work|on|go* without it|them|that",
        Without,
    ),
    (
        "remove|delete|drop|rm|bin|nuke|ditch|scrap <nodes> but|,|and* let|have <nodes> go|carry|run|continue|work|proceed on|ahead? without it|them|that",
        Without,
    ),
    (
        "remove|delete|drop|rm|bin|nuke|ditch <step> and|, let|have|make <steps> follow|wait|depend|come for|on|after? <nodes> directly|instead*",
        RemoveAndWait,
    ),
    (
        "remove|delete|drop|rm|bin <nodes> and|, whatever|what|everything|all|the that|which? depends|depended|waits|hangs on|for? it no longer depends|waits|depend|wait on|for it",
        Detach,
    ),
    // The rest.
    (
        "the|our|whole|entire|complete* project|thing|pipeline|sequence|run|everything|it|all|this may|can|should|must|shall|not|never|cost|costs|spend|use|up|to|at|most|no|more|than|only|over|max* <usd> at|most|max|in|total|all|altogether|together*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "set|the|a|total|overall|limit|budget|cap|max|maximum|of|to|is|at|:|=* budget of|to|is|at|:|=|total* <usd>",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "ask me before we|you|it|this|the|whole|thing|agents|spend|spends|spending|costs|cost* more than|over <usd> in|all|total|overall*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "allow|permit|let the|steps|program|command|to|use|run|start|please* <word> in|for|by|the|policy|steps*",
        Filled(&["policy", "allow"], &[""]),
    ),
];
