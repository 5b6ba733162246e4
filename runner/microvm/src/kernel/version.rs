//! Versions of Debian packages and releases of kernels.

use std::cmp::Ordering;

/// Compares two package versions (`[EPOCH:]UPSTREAM[-REVISION]`) as Debian Policy 5.6.12 says.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let ((left_epoch, left_main, left_revision), (right_epoch, right_main, right_revision)) =
        (split(left), split(right));
    left_epoch
        .cmp(&right_epoch)
        .then_with(|| compare_part(left_main, right_main))
        .then_with(|| compare_part(left_revision, right_revision))
}

fn split(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, version),
    };
    let (main, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, main, revision)
}

/// By turns a run of other characters and a run of digits, until one run decides.
fn compare_part(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_text, right_text);
        (left_text, left) = left.split_at(left.find(digit).unwrap_or(left.len()));
        (right_text, right) = right.split_at(right.find(digit).unwrap_or(right.len()));
        let (left_number, right_number);
        (left_number, left) = left.split_at(left.find(no_digit).unwrap_or(left.len()));
        (right_number, right) = right.split_at(right.find(no_digit).unwrap_or(right.len()));
        let order = compare_text(left_text, right_text)
            .then_with(|| compare_number(left_number, right_number));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn no_digit(character: char) -> bool {
    !digit(character)
}

/// `~` sorts before the end, the end before letters, letters before all else.
fn compare_text(left: &str, right: &str) -> Ordering {
    let weight = |character: Option<char>| match character {
        Some('~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i64::from(u32::from(letter)),
        Some(other) => i64::from(u32::from(other)) + 0x11_0000,
    };
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let pair = (left.next(), right.next());
        let order = weight(pair.0).cmp(&weight(pair.1));
        if order != Ordering::Equal || pair == (None, None) {
            return order;
        }
    }
}

fn compare_number(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// True if a kernel's release, such as `6.1.0-53`, is of a series, such as `6.1` or `6`.
///
/// A release has three numbers at least (a package that only names the newest one has two), and is no
/// release candidate.
pub(super) fn is_of_series(release: &str, series: &str) -> bool {
    let numbers = release.split(no_number).next().unwrap_or_default();
    let after_series = release.strip_prefix(series).unwrap_or_default();
    numbers.split('.').filter(|number| !number.is_empty()).count() >= 3
        && (after_series.starts_with('.') || series == numbers)
        && !release.contains("rc")
}

fn no_number(character: char) -> bool {
    !digit(character) && character != '.'
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const ASCENDING: [&str; 14] = [
        "0.9",
        "5.10.218-1",
        "5.10.251-5",
        "6.1.99-1",
        "6.1.176-1~deb11u1",
        "6.1.176-1",
        "6.1.192-1",
        "6.1.192-1+b1",
        "6.1.192-2",
        "6.12.100-1~bpo12+1",
        "6.12.100-1",
        "7.0~rc3-1",
        "7.0-1",
        "1:0.1",
    ];

    #[test]
    fn versions_sort_as_they_should() {
        for (place, left) in ASCENDING.iter().enumerate() {
            for (other, right) in ASCENDING.iter().enumerate() {
                assert_eq!(compare(left, right), place.cmp(&other), "{left} and {right}");
            }
        }
        assert_eq!(compare("1.0", "1.00"), Ordering::Equal);
        assert_eq!(compare("1.0", "1.0-0"), Ordering::Equal);
    }

    #[test]
    fn dpkg_agrees() {
        for pair in ASCENDING.windows(2) {
            let dpkg =
                Command::new("dpkg").args(["--compare-versions", pair[0], "lt", pair[1]]).status();
            match dpkg {
                Ok(status) => assert!(status.success(), "{pair:?}"),
                Err(_) => return eprintln!("skipped: dpkg is not installed"),
            }
        }
    }

    #[test]
    fn releases_belong_to_their_series() {
        let table = [
            ("6.1.0-53", "6.1", true),
            ("6.12.107+deb13", "6.1", false),
            ("6.12.107+deb13", "6.12", true),
            ("7.2.13+deb14", "7", true),
            ("7.2.13+deb14", "7.2", true),
            ("7.2.13+deb14", "7.2.13", true),
            ("7.2.13+deb14", "7.2.1", false),
            ("6.12", "6.12", false), // the package that depends on the newest one
            ("7.3~rc2", "7", false),
            ("6.1.0-0.deb11.52", "6.1", true),
            ("cloud", "6.1", false),
            ("", "6.1", false),
        ];
        for (release, series, expected) in table {
            assert_eq!(is_of_series(release, series), expected, "{release} of {series}");
        }
    }
}
