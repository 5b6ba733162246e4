//! What happens while a lab is watched, one thing after the other.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::debounce::Debounce;
use super::events::Events;
use super::files::Seen;
use super::target::{Part, Target};
use super::worker::{Ended, Job, MakeEngine, News, Worker};
use crate::cancel::Cancel;
use crate::course::Course;
use crate::progress;

/// How often the time that a run takes is told.
const TICK: Duration = Duration::from_secs(1);

/// What other threads tell.
enum Event<I> {
    /// Files may have changed.
    Files,
    /// Something from whoever sits in front of the screen.
    Input(I),
    /// Something of a run.
    Run(u64, News),
}

/// Why something is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// It was chosen.
    Chosen,
    /// These files were saved, relative to the course's root.
    Saved(Vec<PathBuf>),
    /// Somebody asked for it.
    Asked,
}

/// What has happened.
pub enum Happened<I> {
    /// Something from whoever sits in front of the screen.
    Input(I),
    /// A file has changed: the last verdict is not of this program any more.
    Changed,
    /// A run has begun.
    Began,
    /// It does something that takes more than a moment.
    Said(String),
    /// It has been going on for this time.
    Running(Duration),
    /// Something about the watching itself.
    Told(String),
    /// It has ended, and the files are what they were.
    Ended(Box<Finished>),
}

/// A run that has ended.
pub struct Finished {
    /// What came of it.
    pub ended: Ended,
    /// Why it was run.
    pub because: Because,
    /// From the first sign of a save, or from the beginning, to its end.
    pub took: Duration,
    /// How much of this was waiting: for the save to be over, for a run before to end, for a machine to be
    /// ready.
    pub waited: Duration,
}

/// A run that goes on.
struct Running {
    run: u64,
    because: Because,
    part: Part,
    since: Instant,
    saved: Instant,
    told: u64,
}

/// A lab that is watched.
pub struct Session<I> {
    course: Arc<Course>,
    target: Target,
    sender: Sender<Event<I>>,
    receiver: Receiver<Event<I>>,
    events: Events,
    seen: Seen,
    looked: Instant,
    changes: Debounce,
    changed: BTreeSet<PathBuf>,
    worker: Worker,
    last: u64,
    running: Option<Running>,
    color: bool,
    told: Vec<String>,
    /// What was said last about progress that cannot be written down.
    noted: Option<String>,
}

impl<I: Send + 'static> Session<I> {
    /// Begins to watch, and to run.
    pub fn start(course: Arc<Course>, target: Target, engine: MakeEngine, color: bool) -> Self {
        let (sender, receiver) = channel();
        let tell_files = sender.clone();
        let mut events = Events::start(move || drop(tell_files.send(Event::Files)));
        let tell = sender.clone();
        let worker = Worker::start(
            engine,
            Arc::new(move |run, news| tell.send(Event::Run(run, news)).is_ok()),
        );
        let seen = Seen::now(&course.root, &target.lab);
        let mut told: Vec<String> = events.follow(&seen.folders).into_iter().collect();
        if told.is_empty() {
            told.extend(events.try_out(&course.root.join(&target.lab.folder)));
        }
        let mut session = Self {
            course,
            target,
            sender,
            receiver,
            events,
            seen,
            looked: Instant::now(),
            changes: Debounce::default(),
            changed: BTreeSet::new(),
            worker,
            last: 0,
            running: None,
            color,
            told,
            noted: None,
        };
        let part = session.target.part();
        session.run(part, Because::Chosen, Instant::now());
        session
    }

    /// The course.
    pub fn course(&self) -> &Arc<Course> {
        &self.course
    }

    /// What is watched.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether something runs, or will in a moment.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.changes.due().is_some()
    }

    /// Whether files are looked at, since no events tell of them.
    pub fn is_polling(&self) -> bool {
        self.events.is_polling()
    }

    /// Hands in what comes from whoever sits in front of the screen; false if nobody watches any more.
    pub fn input(&self) -> impl Fn(I) -> bool + Clone + Send + 'static {
        let sender = self.sender.clone();
        move |input| sender.send(Event::Input(input)).is_ok()
    }

    /// Watches something else from now on, and runs it.
    pub fn choose(&mut self, course: Arc<Course>, target: Target) {
        (self.course, self.target) = (course, target);
        self.seen = Seen::default();
        self.look();
        let part = self.target.part();
        self.run(part, Because::Chosen, Instant::now());
    }

    /// Runs this now.
    pub fn rerun(&mut self, part: Part) {
        self.run(part, Because::Asked, Instant::now());
    }

    /// Writes down how far the learner is now; a sentence, once, if that cannot be done.
    pub fn note(&mut self, finished: &Finished) -> Option<String> {
        let (lab, report) = (finished.ended.lab.as_ref()?, finished.ended.report.as_ref().ok()?);
        let subject = finished.ended.part.subject(lab).ok()?;
        let sentence = progress::note(&self.course, lab, subject, report)?;
        if self.noted.as_ref() == Some(&sentence) {
            return None;
        }
        self.noted = Some(sentence.clone());
        Some(sentence)
    }

    /// The next thing that happens.
    pub fn wait(&mut self) -> Happened<I> {
        loop {
            if let Some(sentence) = self.told.pop() {
                return Happened::Told(sentence);
            }
            let now = Instant::now();
            if let Some(saved) = self.changes.take(now) {
                self.run_after_save(saved);
                return Happened::Began;
            }
            if let Some(took) = self.tick(now) {
                return Happened::Running(took);
            }
            if self.worker.patience().is_some_and(|until| until <= now) {
                self.replace_worker();
            }
            match self.receiver.recv_timeout(self.until().saturating_duration_since(now)) {
                Ok(Event::Input(input)) => return Happened::Input(input),
                Ok(Event::Files) => {
                    self.events.arrived();
                    if self.look() {
                        return Happened::Changed;
                    }
                }
                Ok(Event::Run(run, news)) => {
                    if let Some(happened) = self.heard(run, news) {
                        return happened;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.told.extend(self.events.missed());
                    if self.events.next_look(self.looked) <= Instant::now() && self.look() {
                        self.events.found_by_looking();
                        return Happened::Changed;
                    }
                }
            }
        }
    }

    /// Until when to wait for an event.
    fn until(&self) -> Instant {
        let tick = self.running.as_ref().map(|r| r.since + TICK * (r.told as u32 + 1));
        let others = [self.changes.due(), tick, self.worker.patience()];
        others.into_iter().flatten().fold(self.events.next_look(self.looked), Instant::min)
    }

    fn tick(&mut self, now: Instant) -> Option<Duration> {
        let running = self.running.as_mut()?;
        let took = now - running.since;
        let ticks = took.as_secs() / TICK.as_secs();
        if ticks <= running.told {
            return None;
        }
        running.told = ticks;
        Some(took)
    }

    /// Looks at the files. Whether one has changed: then what runs is called off.
    fn look(&mut self) -> bool {
        self.events.looking();
        let seen = Seen::now(&self.course.root, &self.target.lab);
        self.looked = Instant::now();
        if seen == self.seen {
            return false;
        }
        let changed = seen.changed_since(&self.seen);
        self.told.extend(self.events.follow(&seen.folders));
        self.seen = seen;
        if changed.is_empty() {
            return false;
        }
        self.changed.extend(changed);
        self.changes.note(Instant::now());
        self.running = None;
        self.worker.call_off();
        true
    }

    fn run_after_save(&mut self, saved: Instant) {
        let relative = |path: PathBuf| match path.strip_prefix(&self.course.root) {
            Ok(inside) => inside.to_owned(),
            Err(_) => path,
        };
        let files = std::mem::take(&mut self.changed).into_iter().map(relative).collect();
        self.run(self.target.part(), Because::Saved(files), saved);
    }

    fn run(&mut self, part: Part, because: Because, saved: Instant) {
        self.changes.clear();
        self.changed.clear();
        self.last += 1;
        let since = Instant::now();
        self.running =
            Some(Running { run: self.last, because, part: part.clone(), since, saved, told: 0 });
        let job = self.job(part);
        self.worker.run(job);
    }

    fn job(&self, part: Part) -> Job {
        Job {
            run: self.last,
            course: self.course.clone(),
            lab: self.target.lab.clone(),
            part,
            color: self.color,
            cancel: Cancel::default(),
        }
    }

    fn replace_worker(&mut self) {
        let part = self.running.as_ref().map(|running| running.part.clone());
        let job = part.map(|part| self.job(part));
        self.worker.replace(job);
    }

    /// What is to be told of the news; nothing of a run that is not the last one any more.
    fn heard(&mut self, run: u64, news: News) -> Option<Happened<I>> {
        let ended = match news {
            News::Said(sentence) => {
                let is_current = self.running.as_ref().is_some_and(|running| running.run == run);
                return is_current.then_some(Happened::Said(sentence));
            }
            News::Ended(ended) => ended,
        };
        self.worker.ended(run);
        if self.running.as_ref().is_none_or(|running| running.run != run) {
            return None;
        }
        // A save whose event is still on its way.
        if self.look() {
            return Some(Happened::Changed);
        }
        let running = self.running.take()?;
        let took = running.saved.elapsed();
        if let Some(lab) = &ended.lab {
            self.target.lab = lab.clone();
        }
        let waited = ended.began.saturating_duration_since(running.saved);
        let because = running.because;
        Some(Happened::Ended(Box::new(Finished { ended: *ended, because, took, waited })))
    }
}
