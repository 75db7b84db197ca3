//! Letters that the typefaces compiled in lack, as those of Chinese, Japanese and Korean: once one is shown, a typeface of
//! the system that has it is looked for, beside the frames. Where only usual letters are shown nothing is read.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use egui::FontDefinitions;
use skrifa::raw::FileRef;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider as _};

use crate::link::Update;
use crate::theme::{Face, faces};

/// How deep folders of typefaces are looked through, and how many files at most.
const DEEP: usize = 5;
const FILES: usize = 4_000;

/// A larger file is left alone: it would stay in memory.
const LARGEST: u64 = 40 << 20;

/// So many typefaces are taken over at most.
const MOST: usize = 6;

/// Parts of the names of files that have many letters, the best first; others are tried after them.
const LIKELY: [&str; 16] = [
    "notosanscjk",
    "sourcehansans",
    "notosanssc",
    "notosansjp",
    "notosanskr",
    "notosanstc",
    "pingfang",
    "hiragino",
    "msyh",
    "yugoth",
    "malgun",
    "wqy",
    "nanumgothic",
    "ipag",
    "droidsansfallback",
    "unifont",
];

/// Looks at what is shown for letters that are missing.
#[derive(Clone)]
pub(super) struct Letters {
    known: Arc<Mutex<HashSet<char>>>,
    asks: Sender<BTreeSet<char>>,
}

impl Letters {
    /// What is missing is asked for at the other end.
    pub fn new() -> (Self, Receiver<BTreeSet<char>>) {
        let (asks, asked) = channel();
        (Self { known: Arc::default(), asks }, asked)
    }

    /// Looks at a text.
    pub fn see(&self, text: &str) {
        let mut fresh = BTreeSet::new();
        self.gather(text, &mut fresh);
        self.ask(fresh);
    }

    /// Looks at what the window is told.
    pub fn look(&self, update: &Update) {
        let mut fresh = BTreeSet::new();
        texts(update, &mut |text| self.gather(text, &mut fresh));
        self.ask(fresh);
    }

    fn gather(&self, text: &str, fresh: &mut BTreeSet<char>) {
        if text.is_ascii() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.extend(text.chars().filter(|c| is_letter(*c) && known.insert(*c)));
    }

    fn ask(&self, fresh: BTreeSet<char>) {
        if !fresh.is_empty() {
            // The thread ends with the window.
            drop(self.asks.send(fresh));
        }
    }
}

/// Whether it is one that a typeface can have, beside those that each has.
fn is_letter(c: char) -> bool {
    let hidden = matches!(u32::from(c), 0x200B..=0x206F | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFFF0..=0xFFFF | 0xE0000..);
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !hidden
}

/// The texts of an update.
fn texts(update: &Update, see: &mut impl FnMut(&str)) {
    match update {
        Update::Scene(scene) => {
            see(&scene.name);
            for node in scene.nodes.iter() {
                see(&node.name);
                see(&node.says);
            }
            let steps = scene.snapshot.sequence().steps.iter();
            steps.filter_map(|step| step.lane.as_deref()).for_each(&mut *see);
        }
        Update::Output(output) => {
            output.stdout.iter().chain(&output.stderr).for_each(|line| see(&line.text));
        }
        Update::Detail(detail) => {
            see(&detail.prompt);
            [&detail.summary, &detail.diff].into_iter().flatten().for_each(|text| see(text));
        }
        Update::Audit(rows) => rows.iter().filter_map(|row| row.error.as_deref()).for_each(see),
        Update::Problems(found) => found.iter().for_each(|found| see(&found.text)),
        Update::Proposals(records) => {
            records.iter().flat_map(|r| &r.actions).for_each(|action| see(&action.command));
        }
        Update::Question(question) => see(&question.about),
        Update::Done { what } => see(what),
        Update::Refused { line, fault } => {
            see(line);
            see(&fault.message);
        }
        Update::Trouble(Some(fault)) => see(&fault.message),
        Update::Heard(_, text) => see(text),
        Update::Answered(_, answer) => match &**answer {
            Ok(response) => see(&response.message),
            Err(fault) => see(&fault.message),
        },
        Update::Picture(picture) => picture.rows.iter().flatten().for_each(|part| see(&part.text)),
        _ => {}
    }
}

/// Finds a typeface whenever letters are asked for that none has so far, and hands it over; until that is not wanted.
pub(super) fn run(found: impl Fn(Face) -> bool, asked: &Receiver<BTreeSet<char>>, folders: &[PathBuf]) {
    let ours = faces();
    let mut taken: Vec<Face> = Vec::new();
    while let Ok(mut missing) = asked.recv() {
        missing.retain(|c| !has(&ours, *c) && !taken.iter().any(|face| face.has(*c)));
        if missing.is_empty() || taken.len() >= MOST {
            continue;
        }
        for face in find(folders, &missing, &locale()) {
            if !found(face.clone()) {
                return;
            }
            taken.push(face);
        }
    }
}

fn has(ours: &FontDefinitions, c: char) -> bool {
    ours.font_data.values().any(|data| {
        FontRef::from_index(&data.font, data.index).is_ok_and(|font| font.charmap().map(c).is_some())
    })
}

impl Face {
    fn has(&self, c: char) -> bool {
        FontRef::from_index(self.bytes, self.index).is_ok_and(|font| font.charmap().map(c).is_some())
    }
}

/// Typefaces below these folders that have these letters, as few as come to have them all.
pub fn find(folders: &[PathBuf], missing: &BTreeSet<char>, locale: &str) -> Vec<Face> {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| gather(folder, DEEP, &mut files));
    files.sort_by_cached_key(|file| rank(file));
    files.dedup();
    let (mut missing, mut found) = (missing.clone(), Vec::new());
    for file in files {
        if missing.is_empty() || found.len() >= MOST {
            break;
        }
        if let Some(face) = read(&file, &missing, locale) {
            missing.retain(|c| !face.has(*c));
            found.push(face);
        }
    }
    found
}

fn gather(folder: &Path, deep: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_face = path.extension().is_some_and(|ext| {
            ["ttf", "otf", "ttc", "otc"].iter().any(|known| ext.eq_ignore_ascii_case(known))
        });
        if is_face && files.len() < FILES {
            files.push(path);
        } else if deep > 0 && path.is_dir() {
            gather(&path, deep - 1, files);
        }
    }
}

/// What is tried first: the likely ones, of each the upright one of usual weight.
fn rank(file: &Path) -> (usize, bool, PathBuf) {
    let name =
        file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase().replace(['-', '_', ' '], "");
    let likely = LIKELY.iter().position(|part| name.contains(part)).unwrap_or(LIKELY.len());
    let odd = ["bold", "italic", "oblique", "light", "thin", "black", "medium", "serif", "mono"];
    (likely, odd.iter().any(|word| name.contains(word)), file.to_owned())
}

/// The face of a file that has the most of these letters; of those alike the one for the language.
fn read(file: &Path, missing: &BTreeSet<char>, locale: &str) -> Option<Face> {
    if fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    let wanted = language(missing, locale);
    let best = FileRef::new(&bytes).ok()?.fonts().zip(0_u32..).filter_map(|(font, index)| {
        let font = font.ok()?;
        let letters = font.charmap();
        let count = missing.iter().filter(|c| letters.map(**c).is_some()).count();
        let name = font.localized_strings(StringId::FAMILY_NAME).english_or_first();
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        let fits = name.split(' ').any(|word| word == wanted);
        (count > 0).then_some(((count, fits, std::cmp::Reverse(index)), index))
    });
    let (_, index) = best.max()?;
    // It is shown as long as the program lives, and is large: no frame is to copy it.
    Some(Face { name: file.display().to_string(), bytes: bytes.leak(), index })
}

/// How the faces of one file for several languages are told apart by name.
fn language(letters: &BTreeSet<char>, locale: &str) -> &'static str {
    let any = |range: std::ops::RangeInclusive<char>| letters.range(range).next().is_some();
    match locale {
        _ if any('\u{3040}'..='\u{30FF}') => "JP",
        _ if any('\u{AC00}'..='\u{D7A3}') => "KR",
        at if at.starts_with("ja") => "JP",
        at if at.starts_with("ko") => "KR",
        at if at.starts_with("zh_TW") || at.starts_with("zh_HK") => "TC",
        _ => "SC",
    }
}

fn locale() -> String {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os);
    set.map(|value| value.to_string_lossy().into_owned()).find(|value| !value.is_empty()).unwrap_or_default()
}

/// Where systems keep their typefaces, a person's own first.
pub fn folders() -> Vec<PathBuf> {
    let dir = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = |below: &str| dir("HOME").map(|home| home.join(below));
    let data = std::env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty());
    let data = data.unwrap_or_else(|| OsString::from("/usr/local/share:/usr/share"));
    let own =
        [dir("XDG_DATA_HOME").map(|data| data.join("fonts")), home(".local/share/fonts"), home(".fonts")];
    let shared = std::env::split_paths(&data).map(|data| data.join("fonts")).collect::<Vec<_>>();
    let elsewhere = ["/run/current-system/sw/share/X11/fonts", "/System/Library/Fonts", "/Library/Fonts"];
    let windows = dir("WINDIR").map(|windows| windows.join("Fonts"));
    let mut all: Vec<PathBuf> = own.into_iter().flatten().chain(shared).collect();
    all.extend(elsewhere.map(PathBuf::from));
    all.extend(home("Library/Fonts").into_iter().chain(windows));
    all.dedup();
    all
}
