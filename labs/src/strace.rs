//! What strace prints, call by call.

/// A system call, as strace shows it: `bpf(BPF_MAP_CREATE, {map_type=…, …}, 72) = 4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Its name.
    pub name: &'a str,
    /// All that stands between the outer parentheses.
    pub args: &'a str,
    /// What stands behind the `=`: a number, or -1 and the error.
    pub result: &'a str,
}

impl<'a> Call<'a> {
    /// Takes a line apart; none when it is not a whole call. A process number in front is left out.
    pub fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let (call, result) = line.rsplit_once(" = ")?;
        let (name, args) = call.trim_end().strip_suffix(')')?.split_once('(')?;
        Some(Self { name, args, result })
    }

    /// The first argument, such as `BPF_MAP_CREATE`.
    pub fn command(&self) -> &'a str {
        self.args.split(", ").next().unwrap_or_default()
    }

    /// The value of a member of the structure: `4` for `key_size=4`, `"config"` for a name.
    pub fn member(&self, name: &str) -> Option<&'a str> {
        let at = self.args.match_indices(name).find_map(|(at, _)| {
            let before = self.args[..at].chars().next_back()?;
            let value = self.args[at + name.len()..].strip_prefix('=')?;
            [' ', '{'].contains(&before).then_some(value)
        })?;
        let end = match at.strip_prefix('"') {
            Some(text) => text.find('"')? + 2,
            None => at.find([',', '}'])?,
        };
        Some(&at[..end])
    }

    /// Whether the kernel has done it.
    pub fn succeeded(&self) -> bool {
        !self.result.starts_with('-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "81    bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=4, \
                        inner_map_fd=0, map_name=\"config\", link={target_fd=-1}}, 92) = 7";

    #[test]
    fn a_line_is_taken_apart() {
        let call = Call::parse(LINE).unwrap();
        assert_eq!((call.name, call.command(), call.result), ("bpf", "BPF_MAP_CREATE", "7"));
        assert!(call.succeeded());
        for (name, value) in [
            ("map_type", Some("BPF_MAP_TYPE_HASH")),
            ("key_size", Some("4")),
            ("map_name", Some("\"config\"")),
            ("target_fd", Some("-1")),
            ("map_fd", None),
            ("size", None),
        ] {
            assert_eq!(call.member(name), value, "{name}");
        }
    }

    #[test]
    fn failures_and_other_lines() {
        let call = Call::parse("ioctl(8, PERF_EVENT_IOC_ENABLE, 0) = -1 EINVAL (Invalid argument)");
        assert!(!call.unwrap().succeeded());
        assert_eq!(Call::parse("+++ exited with 0 +++"), None);
        assert_eq!(Call::parse("12 bpf(BPF_MAP_CREATE <unfinished ...>"), None);
    }
}
