//! Runs a lab in a session: starts it, makes the events of its stimulus, and writes down what it did.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use microvm::{Event, ExitStatus, ProcessId, Stream};

use crate::engine::Session;
use crate::error::Error;
use crate::manifest::Step;
use crate::stage::Stage;
use crate::transcript::{End, Transcript, Watch};

/// Most that a lab may print, in bytes.
const MOST_OUTPUT: usize = 8 << 20;

/// Most that may come on standard error, in bytes; verifier logs of 27 MB have been seen.
const MOST_ERRORS: usize = 32 << 20;

/// Longest line that the stimulus may answer with, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// How long the stimulus may take to start, which is not the lab's doing.
const STIMULUS: Duration = Duration::from_secs(20);

/// On a kernel that others use too, the first of the user ids that the stimulus has instead of 0, 1000
/// and so on. Far from those of people, services and containers (see systemd's UIDS-GIDS document).
const UID_BASE: u32 = 1_900_000_000;

/// Where a lab finds the tools that it starts.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What is to be run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The lab binary on this machine.
    pub lab: PathBuf,
    /// What is run in its place, under its name.
    pub program: Option<&'a [u8]>,
    /// Its further arguments.
    pub args: &'a [String],
    /// The object that it loads, if the lab has one.
    pub object: Option<&'a [u8]>,
    /// Programs of this machine that it starts.
    pub tools: &'a [String],
    /// The stimulus binary on this machine.
    pub stimulus: PathBuf,
    /// What happens while the program is attached.
    pub steps: &'a [Step],
    /// How long the lab may take, from its start to its end.
    pub deadline: Duration,
}

/// Runs the lab from its start to its end, whatever that is.
///
/// # Errors
/// Only for what is not the lab's doing: the kernel it runs in crashed, or the stimulus failed.
pub fn conduct(session: &mut dyn Session, plan: &Plan<'_>) -> Result<Transcript, Error> {
    let shared = session.shared();
    let uid_base = if shared { UID_BASE } else { 0 };
    let mut conductor = Conductor {
        session,
        lab: NOT_STARTED,
        stimulus: None,
        watch: Watch::start(Stage::Open),
        allowed: plan.deadline,
        deadline: Instant::now() + plan.deadline,
        stdout: Vec::new(),
        stderr: Vec::new(),
        marks: Vec::new(),
        answers: Vec::new(),
        stimulus_words: Vec::new(),
        events: Vec::new(),
        pids: Vec::new(),
        exited: None,
    };
    // The stimulus waits before the lab attaches, so that its own start is not among the events.
    let own = conductor.start_stimulus(plan, uid_base)?;
    conductor.start_lab(plan, uid_base, &own)?;
    let end = conductor.run(plan)?;
    Ok(Transcript {
        stdout: conductor.stdout,
        stderr: conductor.stderr,
        end,
        reached: conductor.watch.stage(),
        stages: conductor.watch.finish(),
        events: conductor.events,
        stimulus: conductor.pids,
        uid_base,
        shared,
    })
}

/// No process has this number.
const NOT_STARTED: ProcessId = 0;

struct Conductor<'a> {
    session: &'a mut dyn Session,
    lab: ProcessId,
    stimulus: Option<ProcessId>,
    watch: Watch,
    allowed: Duration,
    deadline: Instant,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The beginning of a line on standard error that may become a stage mark.
    marks: Vec<u8>,
    /// Lines that the stimulus answered and nobody has read yet.
    answers: Vec<String>,
    stimulus_words: Vec<u8>,
    /// What came of the events that are to be shown.
    events: Vec<String>,
    pids: Vec<u32>,
    exited: Option<ExitStatus>,
}

/// What a wait ended with.
enum Waited {
    /// What was waited for.
    Done,
    /// The lab ended, or had to be ended, before.
    Ended(End),
}

impl Conductor<'_> {
    /// Starts the stimulus, if there is anything for it to do, and waits until it is ready. On a kernel
    /// that others use too, it has a network of its own then, and a `/tmp` if its steps are about files:
    /// returned are the variables that tell the lab of them.
    fn start_stimulus(
        &mut self,
        plan: &Plan<'_>,
        uid_base: u32,
    ) -> Result<Vec<(&'static str, String)>, Error> {
        if plan.steps.iter().all(|step| *step == Step::Enter) {
            return Ok(Vec::new());
        }
        let mut argv = vec![self.session.install(&plan.stimulus)?];
        let shared = self.session.shared();
        if shared {
            argv.extend(["--uid-base".into(), uid_base.to_string(), "--own-network".into()]);
        }
        let workers: u32 = plan.steps.iter().map(Step::workers).sum();
        let own_files = shared && workers > 0;
        if own_files {
            argv.push("--own-files".into());
        }
        let spare: u32 = plan.steps.iter().map(Step::spare).sum();
        if spare > 0 {
            argv.extend(["--spare".into(), spare.to_string()]);
        }
        if workers > 0 {
            argv.extend(["--workers".into(), workers.to_string()]);
        }
        self.stimulus = Some(self.session.spawn(&argv, &[])?);
        let pid = self.ready()?;
        let network = shared.then(|| ("LAB_NETNS", format!("/proc/{pid}/ns/net")));
        let files = own_files.then(|| ("LAB_MNTNS", format!("/proc/{pid}/ns/mnt")));
        Ok(network.into_iter().chain(files).collect())
    }

    /// Waits until the stimulus is ready; its process number in the kernel that it runs in.
    fn ready(&mut self) -> Result<u32, Error> {
        let deadline = Instant::now() + STIMULUS;
        while self.answers.is_empty() {
            match deadline.checked_duration_since(Instant::now()) {
                Some(left) => self.next(left)?,
                None => return Err(not_ready("it takes too long")),
            }
        }
        let answer = self.answers.remove(0);
        let pid = answer.strip_prefix("ready ").and_then(|pid| pid.parse().ok());
        pid.ok_or_else(|| not_ready(&answer))
    }

    fn start_lab(
        &mut self,
        plan: &Plan<'_>,
        uid_base: u32,
        own: &[(&str, String)],
    ) -> Result<(), Error> {
        let program = match plan.program {
            None => self.session.install(&plan.lab)?,
            Some(bytes) => {
                let name = plan.lab.file_name().unwrap_or_default().to_string_lossy();
                self.session.install_bytes(&name, bytes)?
            }
        };
        self.session.install_tools(plan.tools)?;
        let mut argv = vec![program];
        if let Some(object) = plan.object {
            argv.push("--object".into());
            argv.push(self.session.provide("lab.bpf.o", object)?);
        }
        argv.extend_from_slice(plan.args);
        let uid_base = uid_base.to_string(); // for labs that look for users by number
        let mut env = vec![("LAB_STAGES", "1"), ("PATH", PATH), ("LAB_UID_BASE", &uid_base)];
        env.extend(own.iter().map(|(name, path)| (*name, path.as_str())));
        self.lab = self.session.spawn(&argv, &env)?;
        self.deadline = Instant::now() + self.allowed;
        Ok(())
    }

    fn run(&mut self, plan: &Plan<'_>) -> Result<End, Error> {
        if let Waited::Ended(end) = self.wait(|c| c.watch.stage() >= Stage::Trigger)? {
            return Ok(end);
        }
        for step in plan.steps {
            if let Waited::Ended(end) = self.step(step)? {
                return Ok(end);
            }
        }
        self.watch.enter(Stage::Observe);
        self.session.close_stdin(self.lab)?;
        match self.wait(|c| c.exited.is_some())? {
            Waited::Ended(end) => Ok(end),
            Waited::Done => unreachable!("the end of the lab is always reported as its end"),
        }
    }

    fn step(&mut self, step: &Step) -> Result<Waited, Error> {
        if *step == Step::Enter {
            let printed = self.stdout.len();
            self.session.write_stdin(self.lab, b"\n")?;
            return self.wait(|c| has_empty_line(&c.stdout, printed));
        }
        let stimulus = self.stimulus.expect("a plan with such a step has a stimulus");
        self.session.write_stdin(stimulus, format!("{step}\n").as_bytes())?;
        if let Waited::Ended(end) = self.wait(|c| !c.answers.is_empty())? {
            return Ok(Waited::Ended(end));
        }
        let answer = self.answers.remove(0);
        // The stimulus worked until the lab's programs were attached: it is they who stand in its way.
        let Some(pids) = answer.strip_prefix("ok") else {
            return Ok(Waited::Ended(End::Disturbed(format!("`{step}`: {answer}"))));
        };
        // `ok 17 18 : ping 127.0.0.1: 3 sent, 3 received`
        let (pids, told) = pids.split_once(" : ").unwrap_or((pids, ""));
        if step.is_reported() && !told.is_empty() {
            self.events.extend(told.split(" ; ").map(str::to_string));
        }
        self.pids.extend(pids.split_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        Ok(Waited::Done)
    }

    /// Waits until something is so, the lab ends, or its time or its paper is used up.
    fn wait(&mut self, done: impl Fn(&Self) -> bool) -> Result<Waited, Error> {
        loop {
            if let Some(status) = self.exited {
                return Ok(Waited::Ended(End::Exited(status)));
            }
            for (length, most) in [
                (self.stdout.len(), MOST_OUTPUT),
                (self.stderr.len() + self.marks.len(), MOST_ERRORS),
            ] {
                if length > most {
                    return Ok(Waited::Ended(End::TooMuchOutput(most)));
                }
            }
            if done(self) {
                return Ok(Waited::Done);
            }
            let Some(left) = self.deadline.checked_duration_since(Instant::now()) else {
                return Ok(Waited::Ended(End::TimedOut(self.allowed)));
            };
            self.next(left)?;
        }
    }

    fn next(&mut self, within: Duration) -> Result<(), Error> {
        let Some(event) = self.session.next_event(within)? else { return Ok(()) };
        match event {
            Event::Output { id, stream, data } if id == self.lab => match stream {
                Stream::Stdout => self.stdout.extend(data),
                Stream::Stderr => self.take_stderr(&data),
            },
            Event::Output { id, stream: Stream::Stdout, data } if Some(id) == self.stimulus => {
                self.stimulus_words.extend(data);
                while let Some(end) = self.stimulus_words.iter().position(|&byte| byte == b'\n') {
                    let line: Vec<u8> = self.stimulus_words.drain(..=end).collect();
                    self.answers.push(String::from_utf8_lossy(&line).trim_end().to_string());
                }
                // Who took over the stimulus could go on for ever.
                if self.stimulus_words.len() > LONGEST_ANSWER || self.answers.len() > LONGEST_ANSWER
                {
                    return Err(Error::unable(
                        "The stimulus says more than it has to say.",
                        "Something in its kernel has changed it. That is not this machine's fault.",
                    ));
                }
            }
            Event::Exited { id, status } if id == self.lab => {
                let rest = std::mem::take(&mut self.marks);
                self.stderr.extend(rest);
                self.exited = Some(status);
            }
            Event::Failed { id: Some(id), message } if id == self.lab => {
                return Err(Error::unable(
                    format!("The lab binary does not run: {message}."),
                    "Build the lab programs again: touch labs/build.rs, then run the lab.",
                ));
            }
            Event::Exited { id, status } if Some(id) == self.stimulus => {
                self.answers.push(format!("error: it ended with {status}"));
            }
            Event::Failed { id, message } if id == self.stimulus => {
                self.answers.push(format!("error: {message}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the stage marks out of standard error.
    fn take_stderr(&mut self, data: &[u8]) {
        for &byte in data {
            self.marks.push(byte);
            if byte == b'\n' {
                let line = std::mem::take(&mut self.marks);
                match mark(&line) {
                    Some(stage) => self.watch.enter(stage),
                    None => self.stderr.extend(line),
                }
            }
        }
    }
}

fn not_ready(how: &str) -> Error {
    Error::unable(
        format!("The stimulus does not start: {how}."),
        "Is this machine very busy? Try again.",
    )
}

/// The stage that a line marks, if it is a mark. A lab that says `@observe` is attached and waits for
/// events: it is the stimulus' turn.
fn mark(line: &[u8]) -> Option<Stage> {
    match line {
        b"@open\n" => Some(Stage::Open),
        b"@load\n" => Some(Stage::Load),
        b"@attach\n" => Some(Stage::Attach),
        b"@observe\n" => Some(Stage::Trigger),
        _ => None,
    }
}

/// Whether an empty line was printed after this many bytes.
fn has_empty_line(output: &[u8], after: usize) -> bool {
    let begin = after.saturating_sub(1);
    output[begin..].windows(2).any(|pair| pair == b"\n\n")
        || (after == 0 && output.first() == Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_counts_only_when_it_is_new() {
        for (output, after, expected) in [
            ("a\n\n", 0, true),
            ("a\n\n", 3, false),
            ("a\n\nb\n", 3, false),
            ("a\n\nb\n\n", 3, true),
            ("\n", 0, true),
            ("a\n", 2, false),
            ("a\n\n", 2, true),
        ] {
            assert_eq!(has_empty_line(output.as_bytes(), after), expected, "{output:?} {after}");
        }
    }
}
