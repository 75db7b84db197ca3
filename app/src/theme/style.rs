//! The themes as egui wants them.

use egui::style::{Selection, WidgetVisuals};
use egui::{Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Visuals, vec2};

use super::{DARK, LIGHT, Theme, family_mono, family_strong, fonts};

/// Sets fonts, spaces and both themes.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::faces());
    for (which, theme) in [(egui::Theme::Dark, &DARK), (egui::Theme::Light, &LIGHT)] {
        ctx.set_visuals_of(which, visuals(theme));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::new(11.0, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(13.0, FontFamily::Proportional)),
            (TextStyle::Heading, FontId::new(16.0, family_strong())),
            (TextStyle::Monospace, FontId::new(11.5, family_mono())),
        ]
        .into();
        style.spacing.item_spacing = vec2(8.0, 8.0);
        style.spacing.button_padding = vec2(12.0, 5.0);
        style.spacing.interact_size = vec2(28.0, 28.0);
        style.spacing.window_margin = Margin::same(20);
        style.spacing.menu_margin = Margin::same(8);
        style.animation_time = 0.12;
        style.interaction.tooltip_delay = 0.4;
    });
}

fn visuals(theme: &Theme) -> Visuals {
    let mut visuals = if theme.dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(6);
    let widget = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: radius,
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(theme.panel, theme.line, theme.text);
    visuals.widgets.inactive = widget(theme.raised, theme.strong, theme.text);
    visuals.widgets.hovered = widget(theme.line, theme.dim, theme.text);
    visuals.widgets.active = widget(theme.strong, theme.text, theme.text);
    visuals.widgets.open = widget(theme.raised, theme.dim, theme.text);
    visuals.selection = Selection { bg_fill: theme.strong, stroke: Stroke::new(1.0, theme.ink) };
    visuals.panel_fill = theme.panel;
    visuals.window_fill = theme.panel;
    visuals.window_stroke = Stroke::new(1.0, theme.strong);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = theme.canvas;
    visuals.faint_bg_color = theme.raised;
    visuals.weak_text_color = Some(theme.dim);
    visuals.hyperlink_color = theme.text;
    visuals.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: theme.veil };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: theme.veil };
    visuals
}
