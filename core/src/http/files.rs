//! Files of a step's folder: opened beneath it whatever their names say, read away from the connections.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::shapes::FileLine;
use crate::policy::{LogRedactor, Redactor};

/// How much is read at once, and how many such pieces may wait for a slow reader.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// Most files that are listed, and how deep.
const MOST: usize = 2000;
const DEEPEST: usize = 16;

/// Opens a regular file beneath a folder; no symlink is followed, whoever put it there and when.
///
/// # Errors
/// Where there is none, or something else.
pub(super) fn open_beneath(folder: &Path, file: &Path) -> io::Result<File> {
    if !file.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = open(folder, file)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(target_os = "linux")]
fn open(folder: &Path, file: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    let to_folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(CWD, folder, to_folder, Mode::empty())?;
    // A pipe that a step left behind must not make anybody wait.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(File::from(openat2(folder, file, flags, Mode::empty(), beneath)?))
}

#[cfg(not(target_os = "linux"))]
fn open(folder: &Path, file: &Path) -> io::Result<File> {
    let path = folder.join(file);
    let inside = path.canonicalize()?.starts_with(folder.canonicalize()?);
    if inside { File::open(path) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// The regular files of a folder, by path.
pub(super) fn list(folder: &Path) -> Vec<FileLine> {
    let mut found = Vec::new();
    let mut todo = VecDeque::from([(folder.to_owned(), 0)]);
    while let Some((dir, depth)) = todo.pop_front() {
        for item in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let Ok(stat) = item.metadata() else { continue };
            if stat.is_dir() && depth < DEEPEST {
                todo.push_back((item.path(), depth + 1));
            } else if stat.is_file()
                && let Some(path) = item.path().strip_prefix(folder).ok().and_then(Path::to_str)
            {
                found.push(FileLine { path: path.to_owned(), bytes: stat.len() });
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found.truncate(MOST);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// A file on its way to a client.
pub(super) struct Stream(Receiver<io::Result<Bytes>>);

impl Stream {
    /// Sends a file, without the secrets that this redactor knows, as fast as it is read.
    pub fn of(file: File, redactor: Redactor) -> Self {
        let (send, pieces) = channel(PIECES);
        tokio::task::spawn_blocking(move || read(file, redactor, &send));
        Self(pieces)
    }
}

fn read(mut file: File, redactor: Redactor, send: &Sender<io::Result<Bytes>>) {
    let mut redactor = LogRedactor::new(redactor);
    let mut piece = vec![0; PIECE];
    loop {
        let mut out = Vec::new();
        let read = file.read(&mut piece);
        match &read {
            Ok(0) => redactor.finish(&mut out),
            Ok(n) => redactor.push(&piece[..*n], &mut out),
            Err(_) => {}
        }
        let gone = match read {
            Ok(n) => send.blocking_send(Ok(out.into())).is_err() || n == 0,
            Err(error) => {
                // A reader that is gone needs no word.
                drop(send.blocking_send(Err(error)));
                true
            }
        };
        if gone {
            return;
        }
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("step");
        std::fs::create_dir_all(folder.join("artifacts")).unwrap();
        std::fs::write(dir.path().join("secret"), "x").unwrap();
        std::fs::write(folder.join("artifacts/report"), "fine").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
        assert!(open_beneath(&folder, Path::new("artifacts/report")).is_ok());
        let secret = dir.path().join("secret");
        for bad in
            ["link", "up/secret", "../secret", "artifacts/../../secret", "artifacts", "", ".", "absent"]
        {
            assert!(open_beneath(&folder, Path::new(bad)).is_err(), "{bad}");
        }
        assert!(open_beneath(&folder, &secret).is_err());
        assert_eq!(list(&folder).iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["artifacts/report"]);
    }
}
