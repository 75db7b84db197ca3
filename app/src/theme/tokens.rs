//! The tokens of the two themes.

use egui::Color32;

use super::{Theme, Tint};

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

const fn tint(mark: u32, text: u32) -> Tint {
    Tint { mark: hex(mark), text: hex(text) }
}

/// For dark rooms.
pub static DARK: Theme = Theme {
    dark: true,
    canvas: hex(0x12_1419),
    panel: hex(0x17_1A20),
    raised: hex(0x1D_2129),
    line: hex(0x28_2D37),
    strong: hex(0x34_3B47),
    text: hex(0xE7_EAEF),
    dim: hex(0x9B_A4B3),
    faint: hex(0x8B_94A3),
    ink: hex(0xE7_EAEF),
    on_ink: hex(0x12_1419),
    veil: Color32::from_black_alpha(120),
    // Ready, running, review, done, failed, blocked.
    tints: [
        tint(0x5B_9BFF, 0x7A_AEFF),
        tint(0xF2_A93B, 0xF2_A93B),
        tint(0xB0_83F0, 0xBE_98F4),
        tint(0x3F_B877, 0x4C_C486),
        tint(0xF0_605D, 0xF4_7C79),
        tint(0x70_7A8A, 0x9B_A4B3),
    ],
};

/// For bright rooms.
pub static LIGHT: Theme = Theme {
    dark: false,
    canvas: hex(0xF7_F8FA),
    panel: hex(0xFF_FFFF),
    raised: hex(0xFF_FFFF),
    line: hex(0xE1_E4EA),
    strong: hex(0xCB_D0D9),
    text: hex(0x1A_1E26),
    dim: hex(0x5A_6372),
    faint: hex(0x66_6E7C),
    ink: hex(0x1A_1E26),
    on_ink: hex(0xFF_FFFF),
    veil: Color32::from_black_alpha(60),
    tints: [
        tint(0x2F_6BEB, 0x24_59CF),
        tint(0xC7_7A08, 0x8F_5600),
        tint(0x84_46D8, 0x77_3ACB),
        tint(0x1F_8F55, 0x17_703F),
        tint(0xD2_3B3B, 0xBE_2C2C),
        tint(0x7C_8594, 0x5A_6372),
    ],
};

/// As [`DARK`], in colours after Okabe and Ito (2008) that nearly everybody can tell apart.
pub static DARK_SAFE: Theme = Theme {
    // Ready, running, review, done, failed, blocked.
    tints: [
        tint(0x56_B4E9, 0x7C_C6EF),
        tint(0xF0_C33C, 0xF0_C33C),
        tint(0xCC_79A7, 0xDD_98BE),
        tint(0x00_B386, 0x2C_C79D),
        tint(0xF0_7A2B, 0xF7_9A5B),
        tint(0x70_7A8A, 0x9B_A4B3),
    ],
    ..DARK
};

/// As [`LIGHT`], in colours after Okabe and Ito (2008) that nearly everybody can tell apart.
pub static LIGHT_SAFE: Theme = Theme {
    // Ready, running, review, done, failed, blocked.
    tints: [
        tint(0x00_72B2, 0x00_5F96),
        tint(0xB0_8600, 0x7A_5C00),
        tint(0xB0_4A86, 0x99_3A72),
        tint(0x00_8F6B, 0x00_6E52),
        tint(0xD5_5E00, 0xA8_4A00),
        tint(0x7C_8594, 0x5A_6372),
    ],
    ..LIGHT
};
