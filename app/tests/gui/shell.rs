//! The whole window without a screen: from the first moment, also where there is no project yet.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::Shell;
use threados_raster::Raster;

use crate::kit::PATIENCE;

/// The whole window.
pub type Whole = Harness<'static, Shell>;

/// A window of this size.
pub fn whole(shell: Shell, size: [f32; 2]) -> Whole {
    let ready = std::cell::Cell::new(false);
    let show = move |ui: &mut egui::Ui, shell: &mut Shell| {
        if !ready.replace(true) {
            return threados::theme::install(ui.ctx());
        }
        shell.logic(ui.ctx());
        if let Some(window) = shell.window() {
            window.state_mut().animate = false;
        }
        // The harness leaves a margin that no real window has.
        let all = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
        ui.scope_builder(all, |ui| shell.ui(ui));
    };
    let builder = Harness::builder().with_size(size).with_max_steps(20).renderer(Raster::default());
    let mut whole = builder.build_ui_state(show, shell);
    whole.run();
    whole
}

/// Goes on with the window until something holds.
#[track_caller]
pub fn wait(whole: &mut Whole, what: &str, mut holds: impl FnMut(&mut Whole) -> bool) {
    let begun = Instant::now();
    loop {
        whole.step();
        if holds(whole) {
            return;
        }
        if begun.elapsed() > PATIENCE {
            let shown = whole.root().children_recursive().filter_map(|n| n.accesskit_node().label());
            panic!("waited in vain for {what}; shown {:?}", shown.collect::<Vec<_>>());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A hand whose clicks are counted.
pub struct Hand {
    pub whole: Whole,
    clicks: usize,
}

impl Hand {
    pub fn new(whole: Whole) -> Self {
        Self { whole, clicks: 0 }
    }

    /// How many clicks there were since the last call.
    pub fn clicks(&mut self) -> usize {
        std::mem::take(&mut self.clicks)
    }

    /// Waits until there is something that can be clicked of this name, and clicks it where it is.
    #[track_caller]
    pub fn click(&mut self, label: &str) {
        self.click_role(label, None);
    }

    #[track_caller]
    fn click_role(&mut self, label: &str, role: Option<Role>) {
        let fits = |n: &egui_kittest::Node<'_>| {
            let node = n.accesskit_node();
            !node.is_disabled() && role.is_none_or(|r| node.role() == r)
        };
        wait(&mut self.whole, label, |w| w.query_all_by_label(label).any(|n| fits(&n)));
        // What has just opened may still move to its place.
        self.whole.run();
        self.whole.query_all_by_label(label).find(fits).unwrap().click();
        self.whole.run();
        self.clicks += 1;
    }

    /// Clicks into a field and types over what stands there.
    #[track_caller]
    pub fn write(&mut self, label: &str, role: Role, text: &str) {
        self.click_role(label, Some(role));
        self.whole.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.whole.key_press(Key::Backspace);
        self.whole.event(egui::Event::Text(text.into()));
        self.whole.run();
    }
}
