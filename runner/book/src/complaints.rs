//! What mdBook has to say about the pages while it builds them.
//!
//! It goes on after some mistakes, such as an include of a file that is not there, and only logs them.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Does something, and gives what was logged by this thread meanwhile as warnings and errors.
pub(crate) fn collect<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let result = tracing::subscriber::with_default(Collector { said: Arc::clone(&said) }, work);
    let said = std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));
    (result, said)
}

struct Collector {
    said: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // mdBook logs an error and each of its causes by itself.
        match (said.last_mut(), words.0.strip_prefix("Caused By: ")) {
            (Some(last), Some(cause)) => {
                last.push_str(": ");
                last.push_str(cause);
            }
            _ => said.push(words.0),
        }
    }

    // Spans are not enabled, so the rest is never asked for.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_warnings_are_kept_and_the_rest_is_not() {
        let (result, said) = collect(|| {
            tracing::error!("no file {}", 1);
            tracing::error!("Caused By: not there");
            tracing::info!("building");
            tracing::warn!("odd");
            7
        });
        assert_eq!(
            (result, said),
            (7, vec!["no file 1: not there".to_string(), "odd".to_string()])
        );
    }
}
