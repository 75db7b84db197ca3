//! The colours: the tokens of the design, light and dark.

use std::fmt::Write as _;

use crate::graph::Tone;

/// Colour of a status for marks and lines: light, dark.
pub(in crate::graph) fn mark_colors(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Ready => ("#2F6BEB", "#5B9BFF"),
        Tone::Running => ("#C77A08", "#F2A93B"),
        Tone::Review => ("#8446D8", "#B083F0"),
        Tone::Done => ("#1F8F55", "#3FB877"),
        Tone::Failed => ("#D23B3B", "#F0605D"),
        Tone::Blocked => ("#7C8594", "#707A8A"),
    }
}

/// Colour of a status as text, dark enough (light enough) to be read.
fn text_colors(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Running => ("#8F5600", "#F2A93B"),
        Tone::Done => ("#17703F", "#3FB877"),
        Tone::Blocked => ("#5A6372", "#9BA4B3"),
        Tone::Ready | Tone::Review | Tone::Failed => mark_colors(tone),
    }
}

/// Selector, property, light, dark.
const NEUTRAL: &[(&str, &str, &str, &str)] = &[
    (".canvas", "fill", "#F7F8FA", "#121419"),
    (".card", "fill", "#FFFFFF", "#1D2129"),
    (".gate", "fill", "#FFFFFF", "#1D2129"),
    (".box", "stroke", "#CBD0D9", "#343B47"),
    (".name", "fill", "#1A1E26", "#E7EAEF"),
    (".dim", "fill", "#5A6372", "#9BA4B3"),
    (".lane-name", "fill", "#5A6372", "#9BA4B3"),
    (".lane", "stroke", "#E1E4EA", "#282D37"),
    (".frame", "stroke", "#CBD0D9", "#343B47"),
    (".edge.waiting", "stroke", "#CBD0D9", "#343B47"),
    (".tip.waiting", "fill", "#CBD0D9", "#343B47"),
    (".watch", "stroke", "#7C8594", "#707A8A"),
];

/// What both themes share.
const FORM: &str = "
.name{font-size:13px;font-weight:600}.says{font-size:11.5px}.dim{font-size:11px}
.lane-name{font-size:10.5px;font-weight:600;letter-spacing:.08em}
.card,.gate{stroke-width:1.2}.frame{fill:none;stroke-width:1.2;stroke-dasharray:5 4}
.edge{fill:none;stroke-width:1.5}.lane{stroke-width:1;stroke-dasharray:2 4}
.watch{fill:none;stroke-width:1.5;stroke-dasharray:1.5 4;stroke-linecap:round}
.mark{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
";

/// The style sheet: light, and dark where the reader prefers it.
pub(super) fn sheet() -> String {
    let mut sheet = FORM.to_owned();
    theme(&mut sheet, |light, _| light);
    sheet.push_str("@media (prefers-color-scheme: dark){\n");
    theme(&mut sheet, |_, dark| dark);
    sheet.push_str("}\n");
    sheet
}

fn theme(sheet: &mut String, pick: impl Fn(&'static str, &'static str) -> &'static str) {
    for (selector, property, light, dark) in NEUTRAL {
        let _ = writeln!(sheet, "{selector}{{{property}:{}}}", pick(light, dark));
    }
    for tone in Tone::ALL {
        let (class, (light, dark)) = (tone.class(), mark_colors(tone));
        let color = pick(light, dark);
        let _ = writeln!(sheet, ".mark.{class},.edge.{class},.box.{class}{{stroke:{color}}}");
        let _ = writeln!(sheet, ".tip.{class},.fill.{class}{{fill:{color}}}");
        let (light, dark) = text_colors(tone);
        let _ = writeln!(sheet, ".says.{class}{{fill:{}}}", pick(light, dark));
    }
    let _ = writeln!(sheet, ".mark.on{{stroke:{}}}", pick("#FFFFFF", "#1D2129"));
    let _ = writeln!(sheet, ".box.quiet{{stroke:{}}}", pick("#CBD0D9", "#343B47"));
}
