//! Letters of Chinese, Japanese and Korean: from a typeface of the system, once one is shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::FontId;
use threados::backend::{Backend, letters};
use threados::theme::family_strong;

use crate::kit::{Screen, line, screen, until};
use crate::project::Project;

/// The numbers of a table of a font, in its order of bytes.
fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// A typeface that has one letter, a square, and nothing else.
fn typeface(letter: char) -> Vec<u8> {
    let code = u16::try_from(u32::from(letter)).unwrap();
    // Segments of characters: the letter is the second glyph; the last segment is for what is not there.
    let cmap = words(&[
        0,
        1,
        3,
        1,
        0,
        12,
        4,
        32,
        0,
        4,
        4,
        1,
        0,
        code,
        0xFFFF,
        0,
        code,
        0xFFFF,
        1_u16.wrapping_sub(code),
        1,
        0,
        0,
    ]);
    let square = [
        words(&[1, 100, 0, 900, 800, 3, 0]),
        vec![1, 1, 1, 1],
        words(&[100, 0, 800, 0]),
        words(&[0, 800, 0, 800_u16.wrapping_neg()]),
    ]
    .concat();
    let half = u16::try_from(square.len() / 2).unwrap();
    let head = words(&[
        1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 900, 800, 0, 8, 2, 0, 0,
    ]);
    let hhea = words(&[1, 0, 800, 65336, 0, 1000, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", square),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", words(&[1000, 0, 1000, 100])),
        (b"loca", words(&[0, 0, half])),
        (b"maxp", words(&[1, 0, 2, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])),
    ];
    let mut file = words(&[1, 0, 7, 64, 2, 48]);
    let mut at = 12 + 16 * tables.len();
    for (name, table) in &tables {
        file.extend_from_slice(*name);
        for number in [0, at, table.len()] {
            file.extend(u32::try_from(number).unwrap().to_be_bytes());
        }
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        file.extend(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

fn folder(letters: &[(char, &str)], below: &Path) -> PathBuf {
    let folder = below.join("fonts/of/a system");
    std::fs::create_dir_all(&folder).unwrap();
    for (letter, name) in letters {
        std::fs::write(folder.join(name), typeface(*letter)).unwrap();
    }
    below.join("fonts")
}

fn has(screen: &Screen, letter: char) -> bool {
    let families = [FontId::proportional(13.0), FontId::new(13.0, family_strong()), FontId::monospace(13.0)];
    screen.ctx.fonts_mut(|fonts| families.iter().all(|font| fonts.has_glyph(font, letter)))
}

#[test]
fn a_name_in_letters_that_ours_lack_is_shown_by_a_typeface_of_the_system() {
    let p = Project::new(&["step add plan --name 計画 -- sh -c true"]);
    let fonts =
        folder(&[('計', "NotoSansCJK-Regular.ttc"), ('画', "other.ttf"), ('한', "more.otf")], p.outside());
    std::fs::write(fonts.join("broken.ttf"), "no typeface").unwrap();
    let (_backend, link) = Backend::with_fonts(p.workspace.clone(), p.engine(), Arc::new(|| {}), vec![fonts]);
    let mut screen = screen(link, [1400.0, 900.0], egui::Theme::Dark);
    until(&mut screen, "the scene", |s| line(s, "計画") == "ready");
    until(&mut screen, "the letters", |s| has(s, '計') && has(s, '画'));
    assert!(!has(&screen, '한'), "what is not shown is not read");
    // From what another process says later, too.
    p.does("step edit plan --name 한");
    until(&mut screen, "the other letter", |s| has(s, '한'));
}

#[test]
fn where_only_usual_letters_are_shown_no_typeface_is_read() {
    let p = Project::new(&["step add plan --name 'Zażółć gęślą · Ünïcode Ж Ω' -- sh -c true"]);
    let fonts = folder(&[('計', "NotoSansCJK-Regular.ttf")], p.outside());
    let (_backend, link) = Backend::with_fonts(p.workspace.clone(), p.engine(), Arc::new(|| {}), vec![fonts]);
    let mut screen = screen(link, [1400.0, 900.0], egui::Theme::Dark);
    until(&mut screen, "the scene", |s| line(s, "Zażółć gęślą · Ünïcode Ж Ω") == "ready");
    // The letter of this change comes after whatever was asked for before.
    p.does("step add next --name 計 -- sh -c true");
    until(&mut screen, "the letter", |s| has(s, '計'));
    assert!(
        screen.ctx.fonts(|fonts| fonts.definitions().font_data.len())
            == threados::theme::faces().font_data.len() + 1
    );
}

#[test]
fn of_what_a_system_has_as_few_as_come_to_have_all_letters() {
    let dir = tempfile::TempDir::new().unwrap();
    let fonts = folder(&[('計', "a.ttf"), ('計', "WenQuanYi wqy.ttf"), ('ね', "b.ttf")], dir.path());
    let found = letters::find(&[fonts.clone(), fonts], &['計', 'ね', '한'].into(), "C");
    let names: Vec<&str> = found.iter().map(|face| face.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["WenQuanYi wqy.ttf", "b.ttf"], "the likely one first, none twice");
    assert!(letters::find(&[dir.path().join("nowhere")], &['計'].into(), "C").is_empty());
}
