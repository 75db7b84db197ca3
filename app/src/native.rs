//! The window on a real screen.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use eframe::{CreationContext, Frame, NativeOptions};
use egui::{Ui, ViewportBuilder};
use threados_core::engine::protocol::Fault;
use threados_core::store::Paths;
use threados_core::store::paths::PathsError;
use threados_core::workspace::{DoorError, ErrorClass, Workspace};

use crate::backend::{self, Wake};
use crate::memory::Settings;
use crate::shell::Shell;
use crate::{engine, theme, trace, window};

/// Several updates that come together are one frame.
const SOON: Duration = Duration::from_millis(1);

/// What stands for the program in a task bar.
const ICON: &[u8] = include_bytes!("../../assets/icons/threados.png");

/// Opens the window on a project and returns when it is closed, with what there is left to say.
///
/// # Errors
/// A [`Fault`] where there is neither a project nor a way to make one, no display, or no way to draw.
pub fn run(root: Option<&Path>) -> Result<Option<String>, Fault> {
    trace::init();
    let begun = Instant::now();
    let project = match backend::open(root) {
        Ok(workspace) => Project::Open(workspace),
        Err(DoorError::Paths(PathsError::NotFound { .. })) if require_display().is_ok() => {
            let paths = Paths::new(&folder(root)?).map_err(|e| Fault::from(&DoorError::from(e)))?;
            Project::None(paths)
        }
        Err(error) => return Err(Fault::from(&error)),
    };
    let opened = match &project {
        Project::Open(workspace) => {
            backend::refuse_steps(workspace)?;
            Some(workspace.clone())
        }
        _ => None,
    };
    require_display()?;
    show(project, begun)?;
    let running = opened.or_else(|| backend::open(root).ok()).map_or(0, |w| backend::running(&w));
    Ok(farewell(running))
}

/// Makes the demo, opens the window on it and runs it.
///
/// # Errors
/// As [`run`]; also where the demo cannot be made.
pub fn demo() -> Result<Option<String>, Fault> {
    trace::init();
    let begun = Instant::now();
    require_display()?;
    let workspace = backend::demo()?;
    backend::refuse_steps(&workspace)?;
    let root = workspace.root().display().to_string();
    show(Project::Demo(workspace.clone()), begun)?;
    let left = farewell(backend::running(&workspace)).unwrap_or_default();
    Ok(Some(
        format!("the demo is in {root}; `threados --root {root}` opens it again\n{left}")
            .trim_end()
            .to_owned(),
    ))
}

/// Shows a window until it is closed.
fn show(project: Project, begun: Instant) -> Result<(), Fault> {
    let memory = backend::memory::file();
    let settings = backend::memory::load(memory.as_deref());
    let options = options(&settings);
    let ctx = Arc::new(OnceLock::<egui::Context>::new());
    let wake: Wake = {
        let ctx = Arc::clone(&ctx);
        Arc::new(move || ctx.get().into_iter().for_each(|ctx| ctx.request_repaint_after(SOON)))
    };
    let (tell, desktop) = channel();
    let waker = Arc::clone(&wake);
    backend::desktop::follow(None, move |dark| {
        // A window that is gone has no look.
        tell.send(dark).ok();
        waker();
    });
    let runs = matches!(project, Project::Demo(_));
    // The project is read while the system makes a window: the first frame takes in what is told by then.
    let shell = match project {
        Project::Open(workspace) | Project::Demo(workspace) => {
            Shell::open(workspace, Box::new(engine::argv), wake)?
        }
        Project::None(paths) => Shell::welcome(paths, Box::new(engine::argv), wake),
    };
    let start = Start { shell, ctx, runs, memory, settings, desktop, begun };
    guarded(move || {
        let made = Box::new(move |cc: &CreationContext<'_>| {
            let app: Box<dyn eframe::App> = Box::new(Native::new(cc, start));
            Ok(app)
        });
        eframe::run_native("threados", options, made)
    })
}

/// What the window begins with.
struct Start {
    shell: Shell,
    /// Where those find the window who have something to tell it.
    ctx: Arc<OnceLock<egui::Context>>,
    /// Whether the project is to be run.
    runs: bool,
    memory: Option<PathBuf>,
    settings: Settings,
    /// Whether the desktop is dark, whenever it says so.
    desktop: Receiver<Option<bool>>,
    begun: Instant,
}

enum Project {
    Open(Workspace),
    /// The demo, which is to run.
    Demo(Workspace),
    /// None yet; these will be its files.
    None(Paths),
}

fn folder(root: Option<&Path>) -> Result<PathBuf, Fault> {
    let here = || std::env::current_dir();
    root.map_or_else(here, |root| Ok(root.to_owned())).map_err(|e| {
        Fault::new(ErrorClass::Environment, "IO", format!("cannot tell the working directory: {e}"))
    })
}

fn options(settings: &Settings) -> NativeOptions {
    let viewport = ViewportBuilder::default()
        .with_title("ThreadOS")
        .with_app_id("threados")
        .with_inner_size(settings.size)
        .with_min_inner_size([860.0, 480.0]);
    // Without one the window would carry that of the library that draws it.
    let viewport = match eframe::icon_data::from_png_bytes(ICON) {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    };
    NativeOptions { viewport, ..NativeOptions::default() }
}

/// Closing the window stops no step, and says so.
fn farewell(running: usize) -> Option<String> {
    let steps = if running == 1 { "1 step goes on".to_owned() } else { format!("{running} steps go on") };
    (running > 0).then(|| {
        format!("{steps} running; `threados` or `seqctl status` shows them, `seqctl stop --all` ends them")
    })
}

fn require_display() -> Result<(), Fault> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        return Ok(());
    }
    let fault = Fault::new(
        ErrorClass::Environment,
        "NO_DISPLAY",
        "there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set",
    );
    Err(fault.hint("start it in a desktop session, or use `seqctl status --watch` here"))
}

/// Runs the window; what its libraries break off with becomes a sentence.
fn guarded(run: impl FnOnce() -> eframe::Result) -> Result<(), Fault> {
    let said = Arc::new(Mutex::new(String::new()));
    let hear = Arc::clone(&said);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        *hear.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let ended = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(no_window(&error.to_string())),
        Err(_) => Err(no_window(&said.lock().unwrap_or_else(PoisonError::into_inner))),
    }
}

/// What keeps a window from opening, and what to do about it.
fn no_window(why: &str) -> Fault {
    let missing = [
        ("xkbcommon-x11", "libxkbcommon-x11-0"),
        ("xkbcommon", "libxkbcommon0"),
        ("X11-xcb", "libx11-xcb1"),
        ("Xcursor", "libxcursor1"),
        ("libXi", "libxi6"),
        ("libEGL", "libegl1 libgl1-mesa-dri"),
        ("libX11", "libx11-6"),
        ("glutin", "libegl1 libgl1-mesa-dri"),
        ("OpenGL", "libegl1 libgl1-mesa-dri"),
    ];
    let first = why.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("no reason given").trim();
    let fault =
        Fault::new(ErrorClass::Environment, "NO_WINDOW", format!("the window cannot be shown: {first}"));
    match missing.iter().find(|(word, _)| why.contains(word)) {
        Some((_, package)) => fault.hint(format!(
            "a library is missing; on Debian and Ubuntu: sudo apt install {package}; every step goes on"
        )),
        None => fault.hint("`seqctl status --watch` shows the project in a terminal; every step goes on"),
    }
}

struct Native {
    shell: Shell,
    memory: Option<PathBuf>,
    settings: Option<Settings>,
    desktop: (Receiver<Option<bool>>, Option<bool>),
    /// Since when the first picture of the project is waited for; told once.
    begun: Option<Instant>,
}

impl Native {
    fn new(cc: &CreationContext<'_>, mut start: Start) -> Self {
        theme::install(&cc.egui_ctx);
        window::look(&cc.egui_ctx, &start.settings, None);
        start.ctx.get_or_init(|| cc.egui_ctx.clone());
        if let Some(window) = start.shell.window().filter(|_| start.runs) {
            window.run_all();
        }
        tracing::debug!(ms = start.begun.elapsed().as_secs_f64() * 1000.0, "there is a window");
        Self {
            shell: start.shell,
            memory: start.memory,
            settings: Some(start.settings),
            desktop: (start.desktop, None),
            begun: Some(start.begun),
        }
    }
}

impl eframe::App for Native {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut Frame) {
        self.shell.logic(ctx);
        let told = self.desktop.0.try_iter().last();
        self.desktop.1 = told.unwrap_or(self.desktop.1);
        let Some(window) = self.shell.window() else {
            // Before there is a project, too.
            if let (Some(dark), Some(settings)) = (told, &self.settings) {
                window::look(ctx, settings, dark);
            }
            return;
        };
        if let Some(settings) = self.settings.take() {
            window.remember_in(self.memory.clone(), settings, ctx);
        }
        window.follow_desktop(self.desktop.1, ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        let frame = Instant::now();
        self.shell.ui(ui);
        let shows =
            |shell: &mut Shell| shell.window().and_then(|w| w.state().scene.as_ref().map(|s| s.nodes.len()));
        if self.begun.is_some()
            && let Some(nodes) = shows(&mut self.shell)
            && let Some(begun) = self.begun.take()
        {
            let ms = |of: Instant| of.elapsed().as_secs_f64() * 1000.0;
            tracing::debug!(nodes, ms = ms(begun), frame_ms = ms(frame), "the first picture");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_becomes_a_sentence_that_names_the_package() {
        let fault = guarded(|| panic!("Library libxkbcommon-x11.so could not be loaded.")).unwrap_err();
        assert_eq!((fault.exit, fault.code.as_str()), (8, "NO_WINDOW"));
        assert!(fault.message.contains("libxkbcommon-x11.so could not be loaded"), "{}", fault.message);
        assert!(fault.hint.unwrap().contains("apt install libxkbcommon-x11-0"));
    }

    #[test]
    fn the_window_has_the_icon_of_the_program() {
        let icon = options(&Settings::default()).viewport.icon.unwrap();
        assert_eq!((icon.width, icon.height), (128, 128));
        assert_eq!((icon.rgba[3], icon.rgba[4 * (64 * 128 + 64) + 3]), (0, 255), "round, and not empty");
    }

    #[test]
    fn closing_says_what_goes_on() {
        assert_eq!(farewell(0), None);
        assert!(farewell(1).unwrap().starts_with("1 step goes on running"));
        assert!(farewell(3).unwrap().starts_with("3 steps go on running"));
    }
}
