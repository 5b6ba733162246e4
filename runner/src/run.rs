//! One run of one lab, from its source to the report on it.

use std::time::{Duration, Instant};

use crate::compile::{Compiled, compile};
use crate::conduct::{Plan, conduct};
use crate::course::{Course, Lab};
use crate::edit;
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::expected;
use crate::features::{Lack, probe};
use crate::judge::{Verdict, judge, judge_break, overshadow, recognise};
use crate::manifest::Break;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::report::{Attempt, Recognised, Report};
use crate::stage::{Stage, Timing};
use crate::transcript::Transcript;

/// How long a lab may take where nothing else is said. They take about a second.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What to run.
pub struct Request<'a> {
    /// The course.
    pub course: &'a Course,
    /// The lab.
    pub lab: &'a Lab,
    /// A known mistake to put in.
    pub broken: Option<&'a Break>,
    /// The programs that the course has built.
    pub programs: &'a Programs,
    /// How long the lab may take.
    pub deadline: Duration,
    /// Whether clang's messages shall have colours.
    pub color: bool,
}

impl Request<'_> {
    /// Runs the lab. `say` is told, in short sentences, what takes more than a moment.
    ///
    /// # Errors
    /// What is wrong with the course's files or the command line. What this machine lacks is a
    /// verdict.
    pub fn run(&self, engine: &dyn Engine, say: &mut dyn FnMut(&str)) -> Result<Report, Error> {
        let mut report = self.empty_report(engine)?;
        match self.fill(&mut report, engine, say) {
            Err(Error::Environment(unable)) => report.verdict = Verdict::Environment(unable),
            done => done?,
        }
        if let Some(trouble) = &report.trouble {
            report.verdict = overshadow(report.verdict, trouble);
        }
        match report.verdict {
            Verdict::Pass => report.learned = Some(self.lab.manifest.learned.clone()),
            Verdict::Fail(ref failure) if failure.stage == Stage::Compile => {}
            Verdict::Fail(_) | Verdict::Timeout { .. } => {
                report.hint = self.lab.manifest.hints.first().cloned();
            }
            Verdict::Skipped(_) | Verdict::Environment(_) => {}
        }
        Ok(report)
    }

    fn empty_report(&self, engine: &dyn Engine) -> Result<Report, Error> {
        let attempt = match self.broken {
            Some(known) => Some(Attempt {
                name: known.name.clone(),
                title: known.title.clone(),
                diff: edit::broken(self.course, self.lab, known)?.diff,
                file: self.lab.source().display().to_string(),
                why: known.why.clone(),
                loads: false,
            }),
            None => None,
        };
        Ok(Report {
            lab: self.lab.title(),
            summary: self.lab.manifest.summary.clone(),
            engine: engine.name(),
            kernel: None,
            attempt,
            warnings: String::new(),
            verdict: Verdict::Skipped("it did not run".into()),
            trouble: None,
            outcome: None,
            stages: Vec::new(),
            recognised: None,
            hint: None,
            learned: None,
            transcript: None,
        })
    }

    fn fill(
        &self,
        report: &mut Report,
        engine: &dyn Engine,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        // The machine is restored while clang works.
        let start = Instant::now();
        let mut session = engine.start(say)?;
        let compiling = Instant::now();
        let text = match self.broken {
            Some(known) => Some(edit::broken(self.course, self.lab, known)?.text),
            None => None,
        };
        let source = self.lab.source();
        let compiled = compile(&self.course.root, &source, text.as_deref(), self.color)?;
        let compile_took = compiling.elapsed();
        report.stages.push(Timing { stage: Stage::Compile, took: compile_took });
        let object = match compiled {
            Compiled::Object { object, warnings } => {
                report.warnings = warnings;
                object
            }
            Compiled::Rejected(words) => {
                return self.conclude(report, Outcome::DoesNotCompile(words));
            }
        };

        report.kernel = Some(session.ready(say)?);
        let ran = self.run_in(&mut *session, report, &object, start + compile_took);
        // Whatever came of it: a kernel in trouble may be the reason.
        report.trouble = session.trouble();
        drop(session);
        let Some(transcript) = ran? else { return Ok(()) };
        report.stages.extend(&transcript.stages);
        let outcome = Outcome::of(&transcript, self.lab.manifest.keep, &object);
        report.transcript = Some(transcript);
        self.conclude(report, outcome)
    }

    /// Runs the lab in a kernel that is there, unless that lacks something, which is the verdict then.
    /// `start` is when the kernel's start began to be waited for.
    fn run_in(
        &self,
        session: &mut dyn Session,
        report: &mut Report,
        object: &[u8],
        start: Instant,
    ) -> Result<Option<Transcript>, Error> {
        match probe(session, &self.programs.path("probe"), &self.lab.manifest.needs)? {
            None => {}
            Some(Lack::Feature(reason)) => {
                report.verdict = Verdict::Skipped(reason);
                return Ok(None);
            }
            Some(Lack::Rights(reason)) => {
                return Err(Error::unable(
                    format!("The kernel does not let us try what the lab needs ({reason})."),
                    "Run the lab in a micro-VM (leave out `--on host`), or as root.",
                ));
            }
        }
        report.stages.push(Timing { stage: Stage::Start, took: start.elapsed() });
        conduct(session, &self.plan(object)).map(Some)
    }

    fn plan<'a>(&'a self, object: &'a [u8]) -> Plan<'a> {
        Plan {
            lab: self.programs.path(&self.lab.binary()),
            args: &self.lab.manifest.args,
            object,
            stimulus: self.programs.path("stimulus"),
            steps: &self.lab.manifest.steps,
            deadline: self.deadline,
        }
    }

    fn conclude(&self, report: &mut Report, outcome: Outcome) -> Result<(), Error> {
        let start = Instant::now();
        let release = report.kernel.clone().unwrap_or_default();
        let read = |name| expected::read(self.course, self.lab, name);
        report.verdict = match self.broken {
            None => match &outcome {
                Outcome::Printed(_) => judge(&outcome, &read(None)?),
                _ => judge(&outcome, ""),
            },
            Some(known) => {
                let declared = known.failure_on(&release);
                if let Some(attempt) = &mut report.attempt {
                    attempt.loads = declared.loads;
                }
                let broken = match declared.stage {
                    Stage::Compare if !declared.loads => Some(read(Some(&known.name))?),
                    _ => None,
                };
                judge_break(&outcome, &declared, &read(None)?, broken.as_deref())
            }
        };
        if self.broken.is_none() && report.verdict != Verdict::Pass {
            let breaks = &self.lab.manifest.breaks;
            let expected =
                |known: &Break| expected::read(self.course, self.lab, Some(&known.name)).ok();
            report.recognised = recognise(&outcome, breaks, &release, expected)
                .map(|known| Recognised { name: known.name.clone(), why: known.why.clone() });
        }
        report.stages.push(Timing { stage: Stage::Compare, took: start.elapsed() });
        report.outcome = Some(outcome);
        Ok(())
    }
}

/// What a lab printed on one of its streams, as text.
pub fn raw_text(transcript: &Transcript) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&transcript.stdout), text(&transcript.stderr))
}
