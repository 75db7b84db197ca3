//! The HTTP API of the project, served from the window while a person wants it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use threados_core::engine::protocol::Fault;
use threados_core::http::{Bind, Config, HttpError, Limits, Server, Stopper};
use threados_core::workspace::ErrorClass;

use super::{Shared, work};
use crate::link::{Served, Update};

/// Where programs look for it first; a free port where it is taken.
const PORT: u16 = 7433;

/// What serves now, if anything does, and how many did before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Door(Arc<Mutex<(usize, Option<Stopper>)>>);

impl Door {
    /// Ends what serves, and puts another in its place; its number.
    fn put(&self, stopper: Option<Stopper>) -> usize {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut now.1, stopper) {
            before.stop();
        }
        now.0 += 1;
        now.0
    }

    fn is_at(&self, number: usize) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 == number
    }

    /// Ends what serves.
    pub(super) fn close(&self) {
        self.put(None);
    }
}

/// Begins to serve, or ends it.
pub(super) fn serve(shared: &Shared, on: bool) {
    shared.door.close();
    shared.out.tell(Update::Served(None));
    if !on {
        return;
    }
    let server = match listen(shared, PORT).or_else(|error| match error {
        HttpError::Taken(_) => listen(shared, 0),
        other => Err(other),
    }) {
        Ok(server) => server,
        Err(error) => {
            return work::refuse(shared, "serve".to_owned(), fault(&error));
        }
    };
    let number = shared.door.put(Some(server.stopper()));
    let served = Served {
        address: server.address().to_owned(),
        token_file: server.token_file().display().to_string(),
    };
    shared.out.tell(Update::Served(Some(served)));
    let shared = shared.clone();
    thread::spawn(move || {
        if let Err(error) = server.run() {
            work::refuse(&shared, "serve".to_owned(), fault(&error));
        }
        // Another one may serve by now.
        if shared.door.is_at(number) {
            shared.out.tell(Update::Served(None));
        }
    });
}

fn listen(shared: &Shared, port: u16) -> Result<Server, HttpError> {
    Server::bind(Config {
        workspace: shared.workspace.clone(),
        engine: shared.engine.clone(),
        bind: Bind::Tcp(([127, 0, 0, 1], port).into()),
        allow_remote: false,
        limits: Limits::default(),
    })
}

fn fault(error: &HttpError) -> Fault {
    let class = match error {
        HttpError::Door(error) => error.class(),
        HttpError::Remote(_) | HttpError::RemoteInSafe(_) => ErrorClass::Denied,
        _ => ErrorClass::Environment,
    };
    Fault::new(class, error.code(), error.to_string())
}
