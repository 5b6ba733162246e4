//! Shows the book on this machine, and follows its changes.
//!
//! The server itself holds no pages: it reads them from the folder of the built book, which is replaced
//! as a whole. Into each page goes one script, which reloads it after a build, shows what is wrong with
//! the book, and shows the notes of the page.

mod http;
mod state;
mod watch;

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::{io, thread};

use anyhow::{Context, Result};
use tokio::sync::Notify;

use crate::build::{Built, build};
use crate::serve::state::State;
use crate::serve::watch::Changes;

pub use state::{Note, Notes};

/// The port that is tried first.
pub const PORT: u16 = 3000;

/// How many ports are tried from there.
const PORTS: u16 = 100;

/// What is served, and what of it is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The book's folder.
    pub root: PathBuf,
    /// Where the built book is put.
    pub destination: PathBuf,
    /// This port and no other; 0 is any that is free. Without it, the first free one from [`PORT`] on.
    pub port: Option<u16>,
}

/// A server that has its address.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    listener: TcpListener,
    handle: Handle,
}

/// What the rest of the program tells the server; it works from any thread.
#[derive(Debug, Clone)]
pub struct Handle {
    state: Arc<tokio::sync::watch::Sender<State>>,
    end: Arc<Notify>,
}

impl Handle {
    /// What pages are to show from now on.
    pub fn note(&self, notes: Notes) {
        self.state.send_modify(|state| state.notes = notes);
    }

    /// Ends the server.
    pub fn end(&self) {
        self.end.notify_one();
    }

    /// After a build, or after one that failed.
    fn built(&self, result: &Result<Built>) {
        self.state.send_modify(|state| match result {
            Ok(built) => {
                state.generation += 1;
                state.problem = built.summary();
            }
            Err(error) => state.problem = Some(format!("{error:#}")),
        });
    }
}

impl Server {
    /// Takes a port of 127.0.0.1; from then on browsers wait for an answer.
    ///
    /// # Errors
    /// The port is taken, or all that are tried.
    pub fn bind(settings: Settings) -> Result<Self> {
        let listener = listen(settings.port)?;
        listener.set_nonblocking(true).context("cannot use the port")?;
        let state = Arc::new(tokio::sync::watch::Sender::new(State::new()));
        Ok(Self { settings, listener, handle: Handle { state, end: Arc::default() } })
    }

    /// Where it is: `http://127.0.0.1:3000/`.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<String> {
        Ok(format!("http://{}/", self.listener.local_addr()?))
    }

    /// To tell it things while it runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Builds the book, tells `ready` of it, and serves it; builds again after each change, and tells
    /// `after_build` what came of it. Returns when it is told to end.
    ///
    /// # Errors
    /// The first build fails, or the system does not let it serve.
    pub fn run(
        self,
        ready: impl FnOnce(&Built) -> Result<()>,
        after_build: impl Fn(&Result<Built>) + Send + 'static,
    ) -> Result<()> {
        let Self { settings, listener, handle } = self;
        // From before the first build on, so that no change is missed.
        let changes = Changes::watch(&settings.root)?;
        let built = build(&settings.root, &settings.destination)?;
        ready(&built)?;
        handle.built(&Ok(built));
        let app = http::app(&settings.destination, &handle);
        let told = handle.clone();
        thread::spawn(move || {
            while changes.wait() {
                let result = build(&settings.root, &settings.destination);
                told.built(&result);
                after_build(&result);
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .context("cannot start the server")?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::select! {
                result = axum::serve(listener, app).into_future() => result,
                () = handle.end.notified() => Ok(()),
            }
        })?;
        Ok(())
    }
}

/// On the loopback interface only: what a learner does is nobody else's business.
fn listen(port: Option<u16>) -> Result<TcpListener> {
    let at = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    if let Some(port) = port {
        return at(port).with_context(|| format!("cannot serve on port {port} of this machine"));
    }
    let mut ports = PORT..PORT + PORTS;
    ports.find_map(|port| at(port).ok()).with_context(|| {
        format!("none of the ports {PORT} to {} of this machine is free", PORT + PORTS - 1)
    })
}
