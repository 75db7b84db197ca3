//! The window from its first moment: where there is no project yet it offers to make one, then shows it.

use std::sync::mpsc::{Receiver, TryRecvError};

use egui::{Align, CentralPanel, Frame, Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};
use threados_core::engine::protocol::Fault;
use threados_core::store::Paths;
use threados_core::workspace::Workspace;

use crate::backend::{self, Backend, Wake};
use crate::command::{Cmd, New};
use crate::panel::empty::line_to_copy;
use crate::panel::{said, threads};
use crate::theme::Theme;
use crate::window::Window;

/// The line that makes a project.
const INIT: &str = "seqctl init";

/// Tells the command line that becomes the engine of a project.
pub type EngineOf = Box<dyn Fn(&Workspace) -> Result<Vec<String>, Fault>>;

/// The whole window.
pub struct Shell {
    stage: Stage,
    engine: EngineOf,
    wake: Wake,
}

enum Stage {
    Welcome(Welcome),
    Open(Box<Open>),
}

/// A project, and what serves it.
struct Open {
    window: Window,
    // Ends its threads when the window is gone.
    _backend: Backend,
}

/// No project yet.
struct Welcome {
    paths: Paths,
    template: Option<&'static str>,
    coming: Option<Receiver<Result<Workspace, Fault>>>,
    fault: Option<Fault>,
}

impl Shell {
    /// Offers to make a project whose files these will be.
    pub fn welcome(paths: Paths, engine: EngineOf, wake: Wake) -> Self {
        let welcome = Welcome { paths, template: None, coming: None, fault: None };
        Self { stage: Stage::Welcome(welcome), engine, wake }
    }

    /// Shows a project.
    ///
    /// # Errors
    /// A [`Fault`] where it can have no engine.
    pub fn open(workspace: Workspace, engine: EngineOf, wake: Wake) -> Result<Self, Fault> {
        let argv = engine(&workspace)?;
        let (backend, link) = Backend::start(workspace, argv, wake.clone());
        let open = Open { window: Window::new(link), _backend: backend };
        Ok(Self { stage: Stage::Open(Box::new(open)), engine, wake })
    }

    /// The window on the project; `None` where there is none yet.
    pub fn window(&mut self) -> Option<&mut Window> {
        match &mut self.stage {
            Stage::Open(open) => Some(&mut open.window),
            Stage::Welcome(_) => None,
        }
    }

    /// Takes in what the backend told.
    pub fn logic(&mut self, ctx: &egui::Context) {
        if let Stage::Welcome(welcome) = &mut self.stage
            && let Some(made) = welcome.made()
        {
            let template = welcome.template;
            match made.and_then(|workspace| {
                let argv = (self.engine)(&workspace)?;
                Ok(Backend::start(workspace, argv, self.wake.clone()))
            }) {
                Ok((backend, link)) => {
                    let mut window = Window::new(link);
                    template.into_iter().for_each(|name| window.make(Cmd::New(New::Thread(name))));
                    self.stage = Stage::Open(Box::new(Open { window, _backend: backend }));
                }
                Err(fault) => welcome.fault = Some(fault),
            }
        }
        if let Some(window) = self.window() {
            window.logic(ctx);
        }
    }

    /// Shows it.
    pub fn ui(&mut self, ui: &mut Ui) {
        match &mut self.stage {
            Stage::Open(open) => open.window.ui(ui),
            Stage::Welcome(welcome) => welcome.show(ui, &self.wake),
        }
    }
}

impl Welcome {
    /// The project, once it is made.
    fn made(&mut self) -> Option<Result<Workspace, Fault>> {
        let made = match self.coming.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
            Ok(made) => Some(made),
        };
        self.coming = None;
        made
    }

    fn show(&mut self, ui: &mut Ui, wake: &Wake) {
        let theme = Theme::of(ui.ctx());
        CentralPanel::default().frame(Frame::new().fill(theme.canvas)).show(ui, |ui| {
            let room = ui.available_rect_before_wrap().shrink(24.0);
            let size = vec2(threads::width(room.width()), 420.0_f32.min(room.height()));
            let inner = UiBuilder::new().max_rect(Rect::from_center_size(room.center(), size));
            ui.scope_builder(inner.layout(Layout::top_down(Align::Min)), |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.offer(ui, wake));
            });
        });
    }

    /// What can be made here, each with a click.
    fn offer(&mut self, ui: &mut Ui, wake: &Wake) {
        let theme = Theme::of(ui.ctx());
        ui.heading("There is no project here yet");
        let about = format!("Create one from a template, in {}", self.paths.root.display());
        ui.label(RichText::new(about).color(theme.dim));
        ui.add_space(8.0);
        let chosen = threads::cards(ui);
        ui.add_space(4.0);
        let empty = ui.horizontal_wrapped(|ui| {
            let empty = ui.button("Empty project").on_hover_text(INIT).clicked();
            line_to_copy(ui, INIT);
            empty
        });
        if let Some(fault) = &self.fault {
            said(ui, fault);
        }
        if (chosen.is_some() || empty.inner) && self.coming.is_none() {
            (self.template, self.fault) = (chosen, None);
            self.coming = Some(backend::create(self.paths.clone(), wake.clone()));
        }
    }
}
