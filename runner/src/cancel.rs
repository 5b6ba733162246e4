//! Calling off a run that nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// Shared by whoever may call a run off and the run itself, which looks at it wherever it waits.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Calls the run off. It ends within some milliseconds, and with it its programs and its machine.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// An error if it was called off.
    ///
    /// # Errors
    /// [`called_off`].
    pub fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(called_off()) } else { Ok(()) }
    }
}

/// What a run ends with that was called off. It says nothing about the program; nobody reads it but in a
/// defect of labrunner.
pub fn called_off() -> Error {
    Error::unable("The run was called off.", "Run it again.")
}
