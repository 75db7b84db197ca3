//! A test that hangs says where: what its processes wait for is told, and they are ended, so that it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use crate::support::{belonging, kill};

/// No test takes this long, not on a slow machine either.
const LONGEST: Duration = Duration::from_secs(600);

/// Of what a file says, the beginnings of the last lines are told.
const LINES: usize = 12;
const CHARS: usize = 300;

static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

struct Watched {
    folder: PathBuf,
    test: String,
    since: Instant,
    told: bool,
}

/// The watch over what is started in a folder; over with its drop.
pub struct Watch(PathBuf);

impl Watch {
    /// Watches what the test of this thread starts in a folder.
    pub fn over(folder: &Path) -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| drop(std::thread::spawn(keep)));
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let watched = Watched { folder: folder.to_owned(), test, since: Instant::now(), told: false };
        WATCHED.lock().unwrap().push(watched);
        Self(folder.to_owned())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Ok(mut all) = WATCHED.lock() {
            all.retain(|watched| watched.folder != self.0);
        }
    }
}

fn keep() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let mut all = WATCHED.lock().unwrap();
        for watched in all.iter_mut().filter(|watched| watched.since.elapsed() > LONGEST) {
            let pids = belonging(&watched.folder);
            if !std::mem::replace(&mut watched.told, true) {
                tell(watched, &pids);
            }
            for pid in pids {
                kill(pid, "KILL");
            }
            if watched.since.elapsed() > LONGEST + LONGEST / 2 {
                eprintln!("{} hangs by itself: no test of this binary can end", watched.test);
                std::process::exit(101);
            }
        }
    }
}

/// The threads of each process, each with where in the kernel it is; then what the project's files say.
fn tell(watched: &Watched, pids: &[u32]) {
    eprintln!("{} hangs in {}:", watched.test, watched.folder.display());
    for pid in pids {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        eprintln!("  {pid}: {}", String::from_utf8_lossy(&line).replace('\0', " "));
        for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            eprintln!("    {} in {}, call {}", read("comm").trim(), read("wchan"), read("syscall").trim());
        }
    }
    for file in ["audit.log", "sequence.yaml"] {
        let path = watched.folder.join("p/.threados").join(file);
        let text = fs::read_to_string(path).unwrap_or_default();
        let from = text.lines().count().saturating_sub(LINES);
        eprintln!("  {file}:");
        for line in text.lines().skip(from) {
            eprintln!("    {}", line.chars().take(CHARS).collect::<String>());
        }
    }
}
