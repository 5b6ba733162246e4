//! Every message of the table gets its category.

use verifier_log::{Category, classify};

#[test]
fn measured_messages_have_their_categories() {
    let table = include_str!("messages.txt");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let mut checked = 0;
    for row in rows {
        let (category, message) = row.split_once(" | ").expect("CATEGORY | MESSAGE");
        let category: Category = category.parse().expect("one of the nine");
        assert_eq!(classify(message), Some(category), "{message}");
        checked += 1;
    }
    assert!(checked > 140, "the table has only {checked} rows");
}

#[test]
fn what_is_not_known_has_no_category() {
    for text in ["", "0: (95) exit", "fffffff,var_off=(0x0; 0xffffffff))", "R1", "it is raining"] {
        assert_eq!(classify(text), None, "{text}");
    }
}
