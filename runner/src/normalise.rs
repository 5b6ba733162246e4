//! From what a lab printed to text that is the same on every run.
//!
//! Replaced are only things that no program controls: task names, process numbers, processors, flags
//! and times in trace lines, process numbers in tables, and addresses. Counts, messages, names and the order of lines are never touched.

use crate::manifest::Keep;

/// User ids of the stimulus lie below this, counted from its base.
const UIDS: u32 = 65_536;

/// Whose lines are whose.
#[derive(Debug, Clone, Copy)]
pub struct Stimulus<'a> {
    /// Which lines count.
    pub keep: Keep,
    /// Process numbers that made events.
    pub pids: &'a [u32],
    /// What was added to user ids.
    pub uid_base: u32,
    /// Whether others use the same kernel. In a machine of our own nobody else's lines are left out:
    /// there is nobody else, and a wrong line would go unseen.
    pub shared: bool,
}

/// Normalises the output of a lab. Bytes that are not UTF-8 become `�`.
///
/// Lines that begin with `# ` are for people and are left out; so are, on a shared kernel and for
/// [`Keep::Stimulus`], lines that speak of processes and users that are not the stimulus'.
pub fn normalise(output: &[u8], stimulus: &Stimulus<'_>) -> String {
    let text = String::from_utf8_lossy(output);
    let mut result = String::new();
    let mut table = None;
    for line in text.lines().filter(|line| *line != "#" && !line.starts_with("# ")) {
        if line.is_empty() || Table::of(line).is_some() {
            table = Table::of(line);
        }
        let line = match table.filter(|table| Some(*table) != Table::of(line)) {
            Some(table) => table.row(line, stimulus),
            None => normalise_line(line, stimulus),
        };
        if let Some(line) = line {
            result.push_str(line.trim_end());
            result.push('\n');
        }
    }
    result
}

fn normalise_line(line: &str, stimulus: &Stimulus<'_>) -> Option<String> {
    if let Some(trace) = TraceLine::parse(line) {
        return stimulus.made_by(trace.pid).then(|| trace.normalised(stimulus));
    }
    let mut kept = true;
    let words: Vec<String> =
        line.split(' ').map(|word| normalise_word(word, stimulus, &mut kept)).collect();
    kept.then(|| words.join(" "))
}

/// Normalises `pid=…`, `uid=…` and addresses; clears `kept` if the word speaks of somebody else.
fn normalise_word(word: &str, stimulus: &Stimulus<'_>, kept: &mut bool) -> String {
    let (bare, comma) = match word.strip_suffix(',') {
        Some(bare) => (bare, ","),
        None => (word, ""),
    };
    match bare.split_once('=').map(|(name, value)| (name, value.parse::<u32>())) {
        Some((name @ ("pid" | "tgid" | "tid"), Ok(pid))) => {
            *kept &= stimulus.made_by(pid);
            format!("{name}={}{comma}", name.to_uppercase())
        }
        Some((name @ ("uid" | "gid"), Ok(id))) => match stimulus.local_id(id) {
            Some(local) => format!("{name}={local}{comma}"),
            None => {
                *kept = false;
                word.to_string()
            }
        },
        _ if is_address(bare) => format!("ADDRESS{comma}"),
        _ => word.to_string(),
    }
}

impl Stimulus<'_> {
    fn made_by(&self, pid: u32) -> bool {
        !self.shared || self.keep == Keep::All || self.pids.contains(&pid)
    }

    /// The id as the manifest gives it. Without a base, all ids are taken as they are.
    fn local_id(&self, id: u32) -> Option<u32> {
        if !self.shared {
            return Some(id);
        }
        let local = id.checked_sub(self.uid_base).filter(|local| *local < UIDS);
        match self.keep {
            Keep::All => local.or(Some(id)),
            Keep::Stimulus => local,
        }
    }
}

/// Kernel addresses: 0x and 16 digits that begin with `ffff`.
fn is_address(word: &str) -> bool {
    word.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 16
            && digits.starts_with("ffff")
            && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// A table with a column of process numbers and one of user ids, or one of the two. It begins with a
/// line of names in capitals, `PID` among them, and ends with an empty line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Table {
    /// Which column it is, and how wide with the space behind it.
    pid: (usize, usize),
    uid: Option<(usize, usize)>,
}

impl Table {
    /// The table that begins with this line, if one does.
    fn of(line: &str) -> Option<Self> {
        let names: Vec<&str> = line.split_whitespace().collect();
        let capital = |c: char| c.is_ascii_uppercase() || c == '_';
        let name = |name: &&str| name.trim_end_matches("(s)").chars().all(capital);
        if names.len() < 2 || !names.iter().all(name) {
            return None;
        }
        let column = |wanted: &str| {
            let index = names.iter().position(|name| *name == wanted)?;
            let begin = line.find(wanted)?;
            let behind = line[begin + wanted.len()..].find(|c: char| c != ' ')?;
            Some((index, wanted.len() + behind))
        };
        Some(Self { pid: column("PID")?, uid: column("UID") })
    }

    /// A row of it, with the process number and the user id replaced; columns that fit keep their place.
    fn row(&self, line: &str, stimulus: &Stimulus<'_>) -> Option<String> {
        let number = |(index, _): (usize, usize)| {
            line.split_whitespace().nth(index).and_then(|word| word.parse::<u32>().ok())
        };
        let Some(pid) = number(self.pid) else { return normalise_line(line, stimulus) };
        if !stimulus.made_by(pid) {
            return None;
        }
        let mut replaced = vec![(self.pid, "PID".to_string())];
        if let Some((uid, id)) = self.uid.and_then(|uid| Some((uid, number(uid)?))) {
            replaced.push((uid, stimulus.local_id(id)?.to_string()));
        }
        let mut row = String::new();
        let mut rest = line;
        let last = replaced.iter().map(|((index, _), _)| *index).max().unwrap_or(0);
        for column in 0..=last {
            let word = rest.len() - rest.trim_start().len();
            let end = rest[word..].find(' ').map_or(rest.len(), |end| word + end);
            let space =
                rest[end..].find(|c: char| c != ' ').map_or(rest.len(), |space| end + space);
            match replaced.iter().find(|((index, _), _)| *index == column) {
                Some(((_, width), text)) => {
                    row.push_str(&rest[..word]);
                    row.push_str(&format!("{text:<width$}"));
                }
                None => row.push_str(&rest[..space]),
            }
            rest = &rest[space..];
        }
        Some(row + rest)
    }
}

/// A line of the trace pipe, such as
/// `           sh-123     [000] d..31    12.345678: bpf_trace_printk: Hello`
/// (see `print_trace_line` and `trace_print_context` in kernel/trace/trace_output.c).
///
/// The name of the task is what the process is called when the pipe is *read*, which may be before or
/// after it started another program: no lab can depend on it.
struct TraceLine<'a> {
    pid: u32,
    message: &'a str,
}

impl<'a> TraceLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        // The task's name may hold spaces and dashes; what follows it has a fixed form.
        let (context, message) = line.split_once(": bpf_trace_printk: ")?;
        let (task_and_pid, _cpu_flags_time) = context.rsplit_once(" [")?;
        let (_task, pid) = task_and_pid.trim().rsplit_once('-')?;
        Some(Self { pid: pid.parse().ok()?, message })
    }

    fn normalised(&self, stimulus: &Stimulus<'_>) -> String {
        let mut kept = true;
        let words = self.message.split(' ').map(|w| normalise_word(w, stimulus, &mut kept));
        let message = words.collect::<Vec<_>>().join(" ");
        format!("TASK-PID [CPU] FLAGS TIME: bpf_trace_printk: {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(keep: Keep, uid_base: u32, output: &str) -> String {
        normalise(output.as_bytes(), &Stimulus { keep, pids: &[301, 302], uid_base, shared: true })
    }

    #[test]
    fn trace_lines_lose_what_differs_between_runs() {
        let line = "            bash-301     [000] d..31    12.345678: bpf_trace_printk: Hello 7\n";
        let expected = "TASK-PID [CPU] FLAGS TIME: bpf_trace_printk: Hello 7\n";
        assert_eq!(normal(Keep::Stimulus, 0, line), expected);
    }

    #[test]
    fn only_the_lines_of_the_stimulus_are_kept() {
        let output = "  cron-9 [001] ...1 1.0: bpf_trace_printk: Hello\n\
                      pid=9 uid=0 comm=cron\npid=301 uid=0 comm=sh\n# 12 of 100 lost\nend\n";
        assert_eq!(normal(Keep::Stimulus, 0, output), "pid=PID uid=0 comm=sh\nend\n");
    }

    #[test]
    fn a_table_loses_its_process_numbers() {
        let output = "UID    PID    COMM  FD PATH\n\
                      1900001000 301    a b    3 /tmp/x 9\n\
                      0      9      cron   3 /x\n\
                      7 wrong\n\n1 9 x\n";
        let expected = "UID    PID    COMM  FD PATH\n\
                        1000   PID    a b    3 /tmp/x 9\n\
                        7 wrong\n\n1 9 x\n";
        assert_eq!(normal(Keep::Stimulus, 1_900_000_000, output), expected);
        let plain = "PID COMM\n1234567 sh\n";
        assert_eq!(normal(Keep::All, 0, plain), "PID COMM\nPID sh\n");
    }

    #[test]
    fn user_ids_are_counted_from_the_base() {
        let output = "uid=1900001000 execs=5\nuid=0 execs=3\n";
        assert_eq!(normal(Keep::Stimulus, 1_900_000_000, output), "uid=1000 execs=5\n");
        assert_eq!(normal(Keep::All, 1_900_000_000, output), "uid=1000 execs=5\nuid=0 execs=3\n");
    }

    #[test]
    fn in_a_machine_of_our_own_every_line_counts() {
        let stimulus = Stimulus { keep: Keep::Stimulus, pids: &[301], uid_base: 0, shared: false };
        let output = b"uid=3735879680 execs=42\npid=9 uid=0 comm=cron\n";
        let expected = "uid=3735879680 execs=42\npid=PID uid=0 comm=cron\n";
        assert_eq!(normalise(output, &stimulus), expected);
    }

    #[test]
    fn counts_and_offsets_stay() {
        let output = "count=4294967295 at 0x10 of 0xffff888004c00000, id 3\n";
        assert_eq!(normal(Keep::All, 0, output), "count=4294967295 at 0x10 of ADDRESS, id 3\n");
    }

    #[test]
    fn bytes_that_are_no_text_become_visible() {
        let stimulus = Stimulus { keep: Keep::All, pids: &[], uid_base: 0, shared: true };
        assert_eq!(normalise(b"a\xffb\n", &stimulus), "a\u{fffd}b\n");
    }
}
