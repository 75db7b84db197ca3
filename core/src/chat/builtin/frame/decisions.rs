//! Requests that decide: gates, reviews, budgets, the programs that steps may start.

use super::does::Does;
use Does::{
    Accept, ApproveEarly, ApprovedBy, BlockGate, Budget, Command, Deny, Filled, Kept, LookedAt, RedoFor,
    RejectFor, RejectRework, Rework, ReworkFor, Said, Stop, Text,
};

/// The decisions; the first that explains every word is what is meant.
pub(super) const DECISIONS: &[(&str, Does)] = &[
    (
        "approve|pass|open|greenlight|accept <gate> even|although|though|despite|before|while|if* <nodes> is|are|has|have|not|done|yet|finished|through|over|run*",
        ApproveEarly,
    ),
    (
        "approve|pass|open|greenlight <gate> early|already|now ,|-|:* we|i can|do|will not want|need|have? to? wait for? <nodes>",
        ApproveEarly,
    ),
    (
        "send|put|push|give the|all* work|changes|it|results at|of|behind|from|in <gate> back to|at? <step> ,|:|-* because|since|reason :|is* <reason>",
        Rework,
    ),
    (
        "i|we|want|let|have|a|the|human|person|someone|somebody|me|us* must|should|has|have|need|needs|to|can* look|check|approve|review|inspect|sign|see|confirm at|over|off|on? the? result|results|output|work? of? <nodes> before <nodes> is|are|can|may|gets|start|starts|run|runs|begin|begins|goes|go|on|ahead|out*",
        LookedAt,
    ),
    ("accept|approve", Accept),
    ("accept|approve|take it|this|that|them", Accept),
    (
        "~send|kick|give|hand|pass <step> back for? rework|reworking? ,|:|and|with|the|-* reason|because|since is|:|-* <reason>",
        RejectRework,
    ),
    ("~send|kick|give|hand|pass <step> back for? rework|reworking? ,|:|and|-* <reason>", RejectRework),
    (
        "reject <step> and|, have|let|get|send|with|for it? be? back? for? reworked|rework|redone ,|:|because|reason|-* <reason>",
        RejectRework,
    ),
    (
        "<gate> wants|want|needs|need|asks|asked|requests|requested for? changes :|,|-|and* redo|rework|rewrite|revise|redraft <step> ,|:|-|because|since* <reason>",
        Rework,
    ),
    (
        "<step> is|are|was|were|looks|reads|sounds <remark> ,|so|please|and* reject|decline|refuse it|them|that|this",
        RejectFor,
    ),
    (
        "<step> is|are|was|were|looks|reads|sounds <remark> ,|so|please|and* send|give|kick|pass|hand it|them|that|this back again|please|for|rework*",
        RejectRework,
    ),
    (
        "<step> is|are|was|were|looks|reads|sounds <remark> ,|so|please|and* redo|rework|rewrite|redraft|do|write|make it|them|that|this again|over|anew|once|more|please*",
        RedoFor,
    ),
    (
        "<gate> wants|wanted|needs|asks|asked|requests|requested for? <wish> ,|so|please|and* send|give|put|push|pass|kick <step> back again|please|for|rework*",
        ReworkFor,
    ),
    (
        "<gate> wants|wanted|needs|asks|asked|requests|requested for|to|have|see* <step> to|be* redone|reworked|rewritten|repeated|redrafted|revised|improved again? ,|:|because|since|as|-* <reason>",
        Rework,
    ),
    (
        "<gate> is|are|was|were|has|have|said|says|wants|want|asked|for|it* unhappy|no|rejected|refused|vetoed|blocked|declined|changes|against|dissatisfied it|this|that? because|since|as|:|, <wish> ,|and|so|please* send|give|put|push|pass|kick it|that|this|the|work* back to|at <step> again|please*",
        ReworkFor,
    ),
    (
        "stop|quit|cease|abort building|running|compiling|training|testing|doing|executing|making|uploading|working on? <steps>",
        Stop,
    ),
    (
        "spend|pay|use at|most|up|to|max|maximum|no|not|more|than|only|over* <usd> in|on|all|total|overall|the|whole|thing|it|this|at|most|max|tops*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "block|hold|veto|close|reject <gate> ,|and|,* send|put|rework|push the? work? back? to|from|at? <step> ,|:|because|reason|-|and* <reason>",
        Rework,
    ),
    ("block|hold|veto|close|reject <gate> : <reason>", BlockGate),
    ("block|hold|veto|close|reject <gate> ,|because|with|the* reason|because :|is|=* <reason>", BlockGate),
    (
        "do|we|you|agents* not|never spend more than|over <usd> on|in|all|total|overall|the|whole|thing|it|this*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "steps should|must|shall|may|can|are|be* allowed? to? start|run|use|call <word> from|now|on|too|also*",
        Filled(&["policy", "allow"], &[""]),
    ),
    (
        "<word> must|should|may|can|is|are not|no|never longer|be* used|run|started|called|allowed by|from|in|for steps any|more|longer|anymore*",
        Deny,
    ),
    ("do|must|may|should|steps* not|never allow|permit <new> any|more|longer|anymore*", Deny),
    ("forbid|deny|disallow|ban|unlist steps to start|run|use|call <word>", Deny),
    (
        "take|strike|cross|drop|remove|delete <new> off|out|from of|the* list|allowlist|whitelist of? allowed? programs|commands?",
        Deny,
    ),
    ("unlist|forbid|ban|deny|disallow it|that", Said(" policy deny ")),
    (
        "cap|limit|keep|hold|restrict|raise|lower|set|change|increase|reduce|bump|put|make|the|our|total|overall|all|whole* spend|spending|cost|costs|budget|expenses up|down|to|at|under|below|within|of|is|:|=* <usd>",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    (
        "~set|make|put|use|have the|a|an|total|overall* budget of|to|at|:|= <usd> for|on|over the|this|whole|entire|all* run|project|sequence|everything",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    ("no|not|at|max|maximum|up|only|more|most|to|than|a|budget|of* <usd> for|on <step>", Budget),
    ("limit|cap|keep|hold|restrict|budget <step> to|at|under|below|within|with|of|:* <usd>", Budget),
    (
        "limit|cap|keep|hold|restrict|set|raise|lower|change|increase|reduce|bump|put|make the|a* spending|spend|cost|costs|budget|expenses of|for|on <step> to|at|under|below|within|down|up* <usd>",
        Budget,
    ),
    (
        "limit|cap|keep|hold|restrict|set|raise|lower|change|increase|reduce|bump|put|make <step> 's spending|spend|cost|costs|budget|expenses to|at|under|below|within|down|up* <usd>",
        Budget,
    ),
    ("limit|cap|keep|hold|restrict|budget it|that|this to|at|under|below|within|with|of|:* <usd>", Budget),
    (
        "<steps> must|should|shall|has|have|needs|need|to|also|be* approved|signed|confirmed off? by the? <new> team? first|too|also|as|well|,*",
        ApprovedBy,
    ),
    ("do? not let <step> cost|spend|use more than|over|above <usd>", Budget),
    (
        "<step> may|can|should|must|shall|not|never|spend|cost|costs|only|at|most|up|to|no|more|than|max|gets|a|budget|of* <usd> at|most|max|maximum|tops|in|total|all|only*",
        Budget,
    ),
    (
        "reject <step> with|for|the|this|reason|:* <quote> and|, have|let|get|send|do|make* it|that* be|do|back|for|run|the|work|try|start* again|reworked|rework|redone|back",
        RejectRework,
    ),
    ("do|we|you|agents* not|never spend|pay|use more than|over <usd> on|for <step>", Budget),
    (
        "ask me before more than <usd> are|is|get|gets|were* spent|used in|on|all|total|overall*",
        Filled(&["budget", "set"], &["--usd"]),
    ),
    ("keep|leave the|its|their|all steps|members alone|untouched|there?", Kept),
    ("show|display the? name|title of <step> as <quote>", Text("--name")),
    ("show|display <step> as <quote>", Text("--name")),
    ("turn|change|make the|a* command of <steps> into|to|be* <argv>", Command),
];
