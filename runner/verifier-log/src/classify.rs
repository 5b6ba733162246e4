//! From a message to its category.

use crate::{category::Category, explain, pattern::matches};

/// The category of a deciding message, or `None` for a message that is not known here.
///
/// Messages that 7.3's report categorises have the kernel's category here as well, so that the same
/// fault is of the same kind on every kernel. The others follow the kernel's own division of
/// subjects: direct access to maps, packets, contexts and the stack is memory safety, memory and
/// size pairs of calls are call types, licence and attach rules are policy.
///
/// ```
/// use verifier_log::{Category, classify};
/// assert_eq!(classify("R2 !read_ok"), Some(Category::RegisterTypeSafety));
/// assert_eq!(classify("the moon is full"), None);
/// ```
pub fn classify(message: &str) -> Option<Category> {
    explain::category(message)
}

/// Whether a line only sums up the one before it.
pub(crate) fn is_afterword(message: &str) -> bool {
    matches("* would lead to reference leak", message)
}
