//! The ring buffer of hello-ringbuf at every size: nothing that is sent goes missing without being counted.

use course_tests::Labrunner;

/// How many records are sent at each size. Each takes 16 bytes in the ring.
const EVENTS: u64 = 20_000;

/// The value behind `name=` in a line.
fn number(line: &str, name: &str) -> u64 {
    let value = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line:?}"))
}

#[test]
fn received_and_lost_make_up_what_was_sent_at_every_size() {
    let command =
        format!("/lab/ch2-hello-ringbuf --object /lab/hello-ringbuf.bpf.o --sweep {EVENTS}");
    let done = Labrunner::new(["shell", "ch2", "hello-ringbuf", "-c", &command]).run();
    assert_eq!(done.code, 0, "{done}");

    let (remarks, lines): (Vec<_>, Vec<_>) =
        done.stdout.lines().partition(|line| line.starts_with("# "));
    assert_eq!((lines.len(), remarks.len()), (13, 13), "{done}");
    for (power, (line, remark)) in (12..).zip(lines.iter().zip(&remarks)) {
        let size = 1u64 << power;
        assert_eq!(number(line, "size"), size, "{done}");
        assert_eq!(number(line, "sent"), EVENTS, "{done}");
        assert_eq!(number(line, "received+lost"), EVENTS, "{done}");

        assert_eq!(number(remark, "received") + number(remark, "lost"), EVENTS, "{done}");
        assert!(number(remark, "events/s") > 0, "{done}");
        if size >= 16 * EVENTS {
            assert_eq!(number(remark, "lost"), 0, "all of it fits: {done}");
        }
    }
}
