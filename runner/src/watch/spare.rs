//! A machine that is there before it is needed.
//!
//! After each run one is restored and gets the programs of the lab, and the next run gets it. It takes about 160 MB, so it is freed when
//! nothing is saved for a while. On the host there is nothing to prepare.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use microvm::{Event, ProcessId, Trouble};

use crate::cancel::{Cancel, called_off};
use crate::engine::{Engine, Session};
use crate::error::Error;

/// How long a machine waits for its run.
pub const IDLE: Duration = Duration::from_secs(60);

/// How often a run that waits looks whether it was called off.
const LOOK: Duration = Duration::from_millis(5);

/// A session that is ready, and the kernel's release.
type Ready = (Box<dyn Session>, String);

/// An engine that has a session ready, where that saves time. To be used by one thread, which outlives the
/// machines.
pub struct Spare {
    engine: Box<dyn Engine>,
    ready: RefCell<Option<Ready>>,
    cancel: RefCell<Cancel>,
}

impl Spare {
    /// One of this engine, with nothing ready yet.
    pub fn new(engine: Box<dyn Engine>) -> Self {
        Self { engine, ready: RefCell::default(), cancel: RefCell::default() }
    }

    /// By what the runs from now on can be called off.
    pub fn set_cancel(&self, cancel: &Cancel) {
        self.cancel.replace(cancel.clone());
    }

    /// Makes a session ready for the next run, with programs that it will want. A failure is that run's to
    /// tell.
    pub fn prepare(&self, programs: &[PathBuf]) {
        if self.engine.name() != "vm" || self.is_ready() {
            return;
        }
        let mut silent = |_: &str| {};
        let ready = self.engine.start(&mut silent).and_then(|mut session| {
            let release = session.ready(&mut silent)?;
            programs.iter().try_for_each(|program| session.install(program).map(drop))?;
            Ok((session, release))
        });
        *self.ready.borrow_mut() = ready.ok();
    }

    /// Whether one is.
    pub fn is_ready(&self) -> bool {
        self.ready.borrow().is_some()
    }

    /// Ends it.
    pub fn free(&self) {
        self.ready.take();
    }

    /// The session that is ready, if its machine still lives: somebody may have ended it.
    fn take(&self) -> Option<Ready> {
        let (mut session, release) = self.ready.take()?;
        matches!(session.next_event(Duration::ZERO), Ok(None)).then_some((session, release))
    }
}

impl Engine for Spare {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
        let cancel = self.cancel.borrow().clone();
        let (session, release) = match self.take() {
            Some((session, release)) => (session, Some(release)),
            None => (self.engine.start(say)?, None),
        };
        Ok(Box::new(Cancellable { session, release, cancel }))
    }
}

/// A session that ends with an error when its run is called off, wherever it waits.
struct Cancellable {
    session: Box<dyn Session>,
    release: Option<String>,
    cancel: Cancel,
}

impl Session for Cancellable {
    fn ready(&mut self, say: &mut dyn FnMut(&str)) -> Result<String, Error> {
        self.cancel.check()?;
        match self.release.take() {
            Some(release) => Ok(release),
            None => self.session.ready(say),
        }
    }

    fn install(&mut self, program: &Path) -> Result<String, Error> {
        self.cancel.check()?;
        self.session.install(program)
    }

    fn install_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        self.cancel.check()?;
        self.session.install_bytes(name, bytes)
    }

    fn provide(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        self.cancel.check()?;
        self.session.provide(name, bytes)
    }

    fn install_tools(&mut self, names: &[String]) -> Result<(), Error> {
        self.cancel.check()?;
        self.session.install_tools(names)
    }

    fn spawn(&mut self, argv: &[String], env: &[(&str, &str)]) -> Result<ProcessId, Error> {
        self.cancel.check()?;
        self.session.spawn(argv, env)
    }

    fn write_stdin(&mut self, id: ProcessId, data: &[u8]) -> Result<(), Error> {
        self.session.write_stdin(id, data)
    }

    fn close_stdin(&mut self, id: ProcessId) -> Result<(), Error> {
        self.session.close_stdin(id)
    }

    fn next_event(&mut self, within: Duration) -> Result<Option<Event>, Error> {
        let deadline = Instant::now() + within;
        loop {
            if self.cancel.is_cancelled() {
                return Err(called_off());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.session.next_event(left.min(LOOK))? {
                None if left > LOOK => {}
                event => return Ok(event),
            }
        }
    }

    fn notes(&self) -> Option<String> {
        self.session.notes()
    }

    fn keep_notes(&self, text: &str) {
        self.session.keep_notes(text);
    }

    fn trouble(&self) -> Option<Trouble> {
        self.session.trouble()
    }

    fn shared(&self) -> bool {
        self.session.shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    /// Counts what was started, and by its clones what still lives.
    #[derive(Clone, Default)]
    struct Counted {
        started: Arc<AtomicUsize>,
        living: Arc<()>,
        dead: bool,
    }

    impl Engine for Counted {
        fn name(&self) -> &'static str {
            "vm"
        }

        fn start(&self, _say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
            self.started.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(self.clone()))
        }
    }

    impl Session for Counted {
        fn ready(&mut self, _say: &mut dyn FnMut(&str)) -> Result<String, Error> {
            Ok("6.1".into())
        }
        fn install(&mut self, _program: &Path) -> Result<String, Error> {
            Ok(String::new())
        }
        fn install_bytes(&mut self, _name: &str, _bytes: &[u8]) -> Result<String, Error> {
            Ok(String::new())
        }
        fn provide(&mut self, _name: &str, _bytes: &[u8]) -> Result<String, Error> {
            Ok(String::new())
        }
        fn install_tools(&mut self, _names: &[String]) -> Result<(), Error> {
            Ok(())
        }
        fn spawn(&mut self, _: &[String], _: &[(&str, &str)]) -> Result<ProcessId, Error> {
            Ok(1)
        }
        fn write_stdin(&mut self, _id: ProcessId, _data: &[u8]) -> Result<(), Error> {
            Ok(())
        }
        fn close_stdin(&mut self, _id: ProcessId) -> Result<(), Error> {
            Ok(())
        }
        fn next_event(&mut self, within: Duration) -> Result<Option<Event>, Error> {
            if self.dead {
                return Err(Error::unable("QEMU ended", ""));
            }
            thread::sleep(within);
            Ok(None)
        }
        fn notes(&self) -> Option<String> {
            None
        }
        fn keep_notes(&self, _text: &str) {}
        fn trouble(&self) -> Option<Trouble> {
            None
        }
        fn shared(&self) -> bool {
            false
        }
    }

    fn spare(dead: bool) -> (Spare, Arc<AtomicUsize>, Arc<()>) {
        let engine = Counted { dead, ..Counted::default() };
        let (started, living) = (engine.started.clone(), engine.living.clone());
        (Spare::new(Box::new(engine)), started, living)
    }

    #[test]
    fn what_is_ready_is_used_once_and_can_be_freed() {
        let (spare, started, living) = spare(false);
        spare.prepare(&[]);
        spare.prepare(&[]);
        assert_eq!(started.load(Ordering::SeqCst), 1);
        let mut session = spare.start(&mut |_| {}).unwrap();
        assert_eq!(session.ready(&mut |_| {}).unwrap(), "6.1");
        assert_eq!((started.load(Ordering::SeqCst), spare.is_ready()), (1, false));
        let _other = spare.start(&mut |_| {}).unwrap();
        assert_eq!(started.load(Ordering::SeqCst), 2);
        spare.prepare(&[]);
        let before = Arc::strong_count(&living);
        spare.free();
        assert_eq!(Arc::strong_count(&living), before - 1);
    }

    #[test]
    fn one_that_has_died_is_not_used() {
        let (spare, started, _) = spare(true);
        spare.prepare(&[]);
        spare.start(&mut |_| {}).unwrap();
        assert_eq!(started.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_wait_ends_when_the_run_is_called_off() {
        let (spare, _, _) = spare(false);
        let cancel = Cancel::default();
        spare.set_cancel(&cancel);
        let mut session = spare.start(&mut |_| {}).unwrap();
        assert!(matches!(session.next_event(Duration::from_millis(12)), Ok(None)));
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                cancel.cancel();
            });
            assert_eq!(session.next_event(Duration::from_secs(60)), Err(called_off()));
        });
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(session.spawn(&[], &[]), Err(called_off()));
    }
}
