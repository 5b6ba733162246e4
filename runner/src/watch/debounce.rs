//! When a save is over: editors write a file in several steps.

use std::time::{Duration, Instant};

/// After so long without a further change the save is over.
pub const QUIET: Duration = Duration::from_millis(40);

/// A file that changes all the time is looked at as it is, after this.
const MOST: Duration = Duration::from_millis(400);

/// The changes that have been seen and not been acted on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Debounce(Option<(Instant, Instant)>);

impl Debounce {
    /// Something has changed at this time.
    pub fn note(&mut self, at: Instant) {
        let first = self.0.map_or(at, |(first, _)| first);
        self.0 = Some((first, at));
    }

    /// When it is time to act; `None` if nothing has changed.
    pub fn due(&self) -> Option<Instant> {
        self.0.map(|(first, last)| (last + QUIET).min(first + MOST))
    }

    /// If it is time to act: when the first of the changes came. Then there are none any more.
    pub fn take(&mut self, now: Instant) -> Option<Instant> {
        let first = self.0.filter(|_| self.due().is_some_and(|due| due <= now))?.0;
        self.0 = None;
        Some(first)
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_for_quiet_but_not_for_ever() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut changes = Debounce::default();
        assert_eq!(changes.take(after(0)), None);
        changes.note(after(0));
        changes.note(after(30));
        assert_eq!(changes.take(after(69)), None);
        assert_eq!(changes.take(after(70)), Some(start));
        assert_eq!(changes.due(), None);
        for ms in (100..700).step_by(20) {
            changes.note(after(ms));
        }
        assert_eq!(changes.due(), Some(after(500)));
    }
}
