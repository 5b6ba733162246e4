//! One run of one lab, from its source to the report on it.

use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::compile::{Compiled, compile_unless};
use crate::conduct::{Plan, conduct};
use crate::course::{Course, Lab};
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::expected;
use crate::features::{Lack, probe};
use crate::hint;
use crate::judge::{Verdict, judge, judge_break, judge_unsolved, overshadow, recognise};
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::report::{Recognised, Report};
use crate::stage::{Stage, Timing};
use crate::subject::Subject;
use crate::transcript::Transcript;

/// How long a lab may take where nothing else is said. They take about a second.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What to run.
pub struct Request<'a> {
    /// The course.
    pub course: &'a Course,
    /// The lab.
    pub lab: &'a Lab,
    /// What of it.
    pub subject: Subject<'a>,
    /// The programs that the course has built.
    pub programs: &'a Programs,
    /// How long the lab may take, where it is not what the manifest says.
    pub deadline: Option<Duration>,
    /// Whether clang's messages shall have colours.
    pub color: bool,
    /// By which the run can be called off.
    pub cancel: Cancel,
}

/// What somebody has handed in, in place of the course's own files.
#[derive(Debug, Default)]
pub struct HandedIn<'a> {
    /// What came of the BPF C, and how long that took; `None`: the course's is compiled.
    pub compiled: Option<(Compiled, Duration)>,
    /// A static program that is run in place of the lab's own.
    pub program: Option<&'a [u8]>,
}

impl Request<'_> {
    /// Runs the lab. `say` is told, in short sentences, what takes more than a moment.
    ///
    /// # Errors
    /// What is wrong with the course's files or the command line. What this machine lacks is a
    /// verdict.
    pub fn run(&self, engine: &dyn Engine, say: &mut dyn FnMut(&str)) -> Result<Report, Error> {
        self.run_handed_in(&HandedIn::default(), engine, say)
    }

    /// Runs the lab with what was handed in, which must be compiled if it is compiled at all. Without an
    /// object, no kernel is started.
    ///
    /// # Errors
    /// As [`Request::run`].
    pub fn run_handed_in(
        &self,
        given: &HandedIn<'_>,
        engine: &dyn Engine,
        say: &mut dyn FnMut(&str),
    ) -> Result<Report, Error> {
        let edited = self.subject.edited(self.course, self.lab)?;
        let (text, diff) = edited.map_or((None, String::new()), |e| (Some(e.text), e.diff));
        let mut report = Report::new(self.lab, self.subject, engine.name(), diff);
        match self.fill(&mut report, text.as_deref(), given, engine, say) {
            Err(Error::Environment(unable)) => report.verdict = Verdict::Environment(unable),
            done => done?,
        }
        if let Some(trouble) = &report.trouble {
            report.verdict = overshadow(report.verdict, trouble);
        }
        if report.verdict == Verdict::Pass {
            report.learned = Some(self.subject.learned(self.lab).to_string());
        }
        report.hint = hint::first(&report, self.subject.hints(self.lab));
        Ok(report)
    }

    fn fill(
        &self,
        report: &mut Report,
        text: Option<&str>,
        given: &HandedIn<'_>,
        engine: &dyn Engine,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        if let Some((Compiled::Rejected(words), took)) = &given.compiled {
            report.stages.push(Timing { stage: Stage::Compile, took: *took });
            return self.conclude(report, Outcome::DoesNotCompile(words.clone()));
        }
        // The machine is restored while clang works.
        let start = Instant::now();
        let mut session = engine.start(say)?;
        let compiling = Instant::now();
        let (compiled, compile_took) = match &given.compiled {
            Some((compiled, took)) => (Some(compiled.clone()), *took),
            None => {
                let compile = || {
                    let source = self.lab.source();
                    compile_unless(&self.course.root, &source, text, self.color, &self.cancel)
                };
                let compiled = self.lab.manifest.object.then(compile).transpose()?;
                (compiled, compiling.elapsed())
            }
        };
        report.stages.push(Timing { stage: Stage::Compile, took: compile_took });
        let object = match compiled {
            Some(Compiled::Object { object, warnings }) => {
                report.warnings = warnings;
                Some(object)
            }
            Some(Compiled::Rejected(words)) => {
                return self.conclude(report, Outcome::DoesNotCompile(words));
            }
            None => None,
        };

        report.kernel = Some(session.ready(say)?);
        let plan = Plan { program: given.program, ..self.plan(object.as_deref()) };
        let waited_since = if given.compiled.is_some() { start } else { start + compile_took };
        let ran = self.run_in(&mut *session, report, &plan, waited_since);
        // Whatever came of it: a kernel in trouble may be the reason.
        report.trouble = session.trouble();
        drop(session);
        let Some(transcript) = ran? else { return Ok(()) };
        report.stages.extend(&transcript.stages);
        let keep = self.lab.manifest.keep;
        let outcome = Outcome::of(&transcript, keep, object.as_deref().unwrap_or_default());
        report.transcript = Some(transcript);
        self.conclude(report, outcome)
    }

    /// Runs the lab in a kernel that is there, unless that lacks something, which is the verdict then.
    /// `start` is when the kernel's start began to be waited for.
    fn run_in(
        &self,
        session: &mut dyn Session,
        report: &mut Report,
        plan: &Plan<'_>,
        start: Instant,
    ) -> Result<Option<Transcript>, Error> {
        if let Some(reason) = self.lacking(session)? {
            report.verdict = Verdict::Skipped(reason);
            return Ok(None);
        }
        report.stages.push(Timing { stage: Stage::Start, took: start.elapsed() });
        conduct(session, plan).map(Some)
    }

    /// What the kernel lacks that the lab needs.
    fn lacking(&self, session: &mut dyn Session) -> Result<Option<String>, Error> {
        let needs = self.subject.needs(self.lab);
        match probe(session, &self.programs.path("probe"), &needs)? {
            None => Ok(None),
            Some(Lack::Feature(reason)) => Ok(Some(reason)),
            Some(Lack::Rights(reason)) => Err(Error::unable(
                format!("The kernel does not let us try what the lab needs ({reason})."),
                "Run the lab in a micro-VM (leave out `--on host`), or as root.",
            )),
        }
    }

    fn plan<'a>(&'a self, object: Option<&'a [u8]>) -> Plan<'a> {
        let seconds = self.lab.manifest.seconds;
        let usual = seconds.map_or(DEADLINE, |seconds| Duration::from_secs(seconds.into()));
        Plan {
            lab: self.programs.path(&self.lab.binary()),
            program: None,
            args: self.subject.args(self.lab),
            object,
            tools: &self.lab.manifest.tools,
            stimulus: self.programs.path("stimulus"),
            steps: self.subject.steps(self.lab),
            deadline: self.deadline.unwrap_or(usual),
        }
    }

    fn conclude(&self, report: &mut Report, outcome: Outcome) -> Result<(), Error> {
        let start = Instant::now();
        let release = report.kernel.clone().unwrap_or_default();
        let read = |name: String| expected::read(self.course, &name, &release);
        let printed = matches!(outcome, Outcome::Printed(_));
        let expected = if printed { read(self.subject.working_name(self.lab))? } else { None };
        report.verdict = if printed && expected.is_none() && self.lab.manifest.varies {
            Verdict::Skipped(format!(
                "what this lab prints depends on the kernel, and is not recorded for Linux {release}"
            ))
        } else {
            let expected = expected.unwrap_or_default();
            match self.subject.mistake() {
                None if matches!(self.subject, Subject::Shipped(_)) => {
                    judge_unsolved(&outcome, &expected)
                }
                None => judge(&outcome, &expected),
                Some(known) => {
                    let declared = known.failure_on(&release);
                    if let Some(attempt) = &mut report.attempt {
                        attempt.loads = declared.loads;
                    }
                    let broken = match declared.stage {
                        Stage::Compare if !declared.loads => {
                            Some(read(self.subject.expected_name(self.lab))?.unwrap_or_default())
                        }
                        _ => None,
                    };
                    judge_break(&outcome, &declared, &expected, broken.as_deref())
                }
            }
        };
        let own = matches!(self.subject, Subject::Program | Subject::Exercise(_));
        if own && report.verdict != Verdict::Pass {
            let expected = |name: &str| read(name.to_string()).ok().flatten();
            report.recognised =
                recognise(&outcome, &self.subject.known(self.lab), &release, expected).map(
                    |known| Recognised {
                        name: known.name.clone(),
                        why: known.why.clone(),
                        by_output: matches!(outcome, Outcome::Printed(_)),
                    },
                );
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
