//! The catalogue of verifier errors: which lab of the course shows a message alone.

use crate::course::{Course, Lab};
use crate::manifest::Break;

/// The collection's name.
const COLLECTION: &str = "catalogue";

/// The entries of the catalogue, each with its known mistake.
pub fn entries(course: &Course) -> impl Iterator<Item = (&Lab, &Break)> {
    let labs = course.labs.iter().filter(|lab| lab.collection() == Some(COLLECTION));
    labs.filter_map(|lab| Some((lab, lab.manifest.breaks.first()?)))
}

/// The entry that provokes this message, on whatever kernel. Where several do, one that all kernels
/// answer alike comes first, and of those the one with the simplest name.
pub fn entry_for<'a>(course: &'a Course, message: &str) -> Option<&'a Lab> {
    let fits = |known: &&Break| messages(known).any(|p| verifier_log::matches(p, message));
    let fitting = entries(course).filter(|(_, known)| fits(known));
    fitting.min_by_key(|(lab, known)| (known.on.len(), lab.name.len())).map(|(lab, _)| lab)
}

/// All messages that a mistake is refused with, on one kernel or another.
pub fn messages(known: &Break) -> impl Iterator<Item = &str> {
    let elsewhere = known.on.values().filter_map(|difference| difference.message.as_ref());
    [&known.failure.message].into_iter().chain(elsewhere).flatten().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_message_leads_to_its_entry() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let title = |message| entry_for(&course, message).map(Lab::title);
        assert_eq!(
            title("R0 invalid mem access 'map_value_or_null'").as_deref(),
            Some("ch6 catalogue/null-check")
        );
        assert_eq!(title("all is well"), None);
    }
}
