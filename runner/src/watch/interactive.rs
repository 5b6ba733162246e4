//! Watching in a terminal.

mod actions;

use std::sync::Arc;
use std::time::Duration;

use self::actions::Action;
use super::keys::{Key, Keys};
use super::menu::{Menu, Step, What};
use super::screen::Screen;
use super::session::{Finished, Happened, Session};
use super::terminal::{Terminal, Told, columns};
use crate::course::Course;
use crate::error::{Error, PASSED};
use crate::judge::Verdict;
use crate::left;
use crate::progress::Progress;
use crate::render::watch::{self, HELP, Status, Word};
use crate::watch::target::{Part, Target};

/// What comes from whoever sits in front of the screen.
pub enum Input {
    /// A key.
    Key(Key),
    /// Something of the terminal.
    Terminal(Told),
}

/// How it is watched.
pub struct Options {
    /// What a command needs to run on the same kernel, each after a space.
    pub more: String,
    /// Gets rights by asking for a password, where that may be needed.
    pub ask: Option<fn() -> Result<(), Error>>,
}

/// Everything on the screen, and behind it.
struct Desk {
    session: Session<Input>,
    options: Options,
    terminal: Terminal,
    /// `None` while somebody else reads them.
    keys: Option<Keys>,
    screen: Screen,
    status: Status,
    menu: Option<Menu>,
    last: Option<Box<Finished>>,
}

/// Watches until somebody wants an end.
///
/// # Errors
/// The terminal cannot be used.
pub fn run(session: Session<Input>, options: Options) -> Result<u8, Error> {
    let tell = session.input();
    let terminal = Terminal::take(move |told| tell(Input::Terminal(told))).ok_or_else(|| {
        Error::unable(
            "The terminal's settings cannot be read.",
            "Without a terminal it works, too: labrunner watch </dev/null",
        )
    })?;
    let status = Status {
        word: Word::Checking,
        title: String::new(),
        doing: None,
        running: None,
        polling: session.is_polling(),
        question: None,
    };
    let mut desk = Desk {
        session,
        options,
        terminal,
        keys: None,
        screen: Screen::default(),
        status,
        menu: None,
        last: None,
    };
    desk.read_keys();
    desk.open();
    desk.stay();
    Ok(PASSED)
}

impl Desk {
    fn stay(&mut self) {
        while !self.screen.is_gone() {
            match self.session.wait() {
                Happened::Input(Input::Key(Key::End)) if self.menu.is_none() => break,
                Happened::Input(Input::Key(key)) => {
                    if self.press(key) {
                        break;
                    }
                }
                Happened::Input(Input::Terminal(Told::Resized)) => self.draw(),
                Happened::Input(Input::Terminal(Told::Continued)) => {
                    // What ran while we stood still has lost its time.
                    if self.session.is_busy() {
                        self.session.rerun(self.session.target().part());
                    }
                    self.draw();
                }
                Happened::Changed | Happened::Began => self.checking(None),
                Happened::Said(sentence) => {
                    self.status.doing = Some(sentence);
                    self.draw();
                }
                Happened::Running(time) => self.checking(Some(time)),
                Happened::Told(sentence) => {
                    self.status.polling = self.session.is_polling();
                    self.print(&format!("{sentence}\n"));
                }
                Happened::Ended(finished) => self.ended(finished),
            }
        }
        self.screen.leave();
        let title = self.session.target().lab.title();
        self.screen.print_last(&format!("labrunner watch goes on with {title}.\n"));
    }

    /// Takes a key; whether it was the one that ends it.
    fn press(&mut self, key: Key) -> bool {
        if let Some(menu) = &mut self.menu {
            let step = menu.press(key);
            self.answer(step);
            return false;
        }
        match key {
            Key::Char('q' | 'Q') => return true,
            Key::Char('?') => self.print(&format!("\n{HELP}")),
            Key::Char(char) => match Action::of(char) {
                Some(action) => self.act(action),
                None if char.is_alphanumeric() => self.draw(),
                None => {}
            },
            Key::Redraw | Key::Enter | Key::Escape | Key::Backspace | Key::End => self.draw(),
        }
        false
    }

    fn answer(&mut self, step: Step) {
        let Some(menu) = &self.menu else { return };
        let what = menu.what;
        match step {
            Step::More => {
                self.status.question = Some((question(what).into(), menu.typed().into()));
                self.draw();
            }
            Step::Left => self.close_menu(),
            Step::Chosen(index) => {
                let name = menu.names[index].clone();
                self.close_menu();
                self.chosen(what, &name);
            }
            Step::Words(words) => {
                self.close_menu();
                self.chosen(what, &words);
            }
        }
    }

    fn ask(&mut self, menu: Menu, list: &str) {
        self.status.question = Some((question(menu.what).into(), String::new()));
        self.menu = Some(menu);
        self.print(list);
    }

    fn close_menu(&mut self) {
        (self.menu, self.status.question) = (None, None);
        self.draw();
    }

    /// There is no verdict for now.
    fn checking(&mut self, running: Option<Duration>) {
        self.status.word = Word::Checking;
        if running.is_none() {
            self.status.doing = None;
        }
        self.status.running = running;
        self.draw();
    }

    fn ended(&mut self, finished: Box<Finished>) {
        self.status.word = word(&finished);
        (self.status.doing, self.status.running) = (None, None);
        let lab = self.session.target().lab.clone();
        let mut text = watch::block(&finished, &lab, &self.options.more, columns());
        // First the verdict, then what is written down of it.
        self.print(&text);
        text.clear();
        if let Some(sentence) = self.session.note(&finished) {
            text += &format!("{sentence}\n");
        }
        let own = matches!(finished.ended.part, Part::Own(_));
        if self.status.word == Word::Pass && own {
            let (progress, _) = Progress::load();
            let next = actions::next(self.session.course(), &lab, &progress, true);
            let left = lab.manifest.exercises.len() - progress.solved(&lab);
            text += &watch::offer(next, left);
        } else if self.status.word == Word::Pass {
            // A mistake that fails as it should says nothing of the learner's program.
            text += "That was a copy; your own program is checked at the next save, or by r.\n";
        }
        self.last = Some(finished);
        if !text.is_empty() {
            self.print(&text);
        }
    }

    /// Shows what is watched now.
    fn open(&mut self) {
        let target = self.session.target();
        let lab = &target.lab;
        let page = format!("book/src/{}/{}.md", lab.chapter, lab.name);
        let page = self.session.course().root.join(page).exists();
        let text = watch::opening(lab, target.exercise.as_deref(), page);
        self.status.title = lab.title() + &target.part().options();
        self.last = None;
        self.status.word = Word::Checking;
        let said = left::note(&self.session.course().root, lab, target.exercise.as_deref());
        self.print(&format!("\n{text}{}", said.map_or(String::new(), |said| said + "\n")));
    }

    /// Watches something else.
    fn watch(&mut self, course: Arc<Course>, target: Target) {
        self.session.choose(course, target);
        self.open();
    }

    fn print(&mut self, text: &str) {
        self.screen.print(text, &self.status);
    }

    fn draw(&mut self) {
        self.screen.draw(&self.status);
    }

    fn read_keys(&mut self) {
        let tell = self.session.input();
        self.keys = Some(Keys::start(move |key| tell(Input::Key(key))));
    }

    /// Runs something that has the terminal and the keys meanwhile.
    fn lend<T>(&mut self, to: impl FnOnce() -> T) -> T {
        self.screen.leave();
        self.keys = None;
        let result = self.terminal.lend(to);
        self.read_keys();
        result
    }
}

fn question(what: What) -> &'static str {
    match what {
        What::Lab => "Which lab? Number or name, Enter to stay:",
        What::Break => "Which mistake? Number or name, Enter for none:",
        What::Exercise => "Which exercise? Number or name, Enter to stay:",
    }
}

fn word(finished: &Finished) -> Word {
    match finished.ended.report.as_ref().map(|report| &report.verdict) {
        Ok(Verdict::Pass) => Word::Pass,
        Ok(Verdict::Fail(_) | Verdict::Timeout { .. }) => Word::Fail,
        Ok(Verdict::Skipped(_)) => Word::Skipped,
        Ok(Verdict::Environment(_)) => Word::CannotRun,
        Err(_) => Word::Error,
    }
}
