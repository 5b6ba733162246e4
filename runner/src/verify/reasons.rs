//! Why programs do not load: each reason once, with all programs and kernels that it holds for.

use super::{Attempt, Verified};
use crate::refusal::Refusal;

/// All of them. The first is number 1.
#[derive(Debug, Default)]
pub struct Reasons<'a> {
    list: Vec<Reason<'a>>,
}

/// One reason.
#[derive(Debug)]
pub struct Reason<'a> {
    /// The words of the verifier or of libbpf.
    pub words: &'a str,
    /// The number of the error on the first of the kernels.
    pub errno: i32,
    /// The verifier's refusal on the first of the kernels.
    pub refusal: Option<&'a Refusal>,
    /// The programs.
    pub programs: Vec<&'a str>,
    /// The kernels.
    pub kernels: Vec<&'a str>,
}

impl<'a> Reasons<'a> {
    /// Of all that do not load, program by program.
    pub fn of(verified: &'a Verified) -> Self {
        let mut all = Self::default();
        for name in verified.names() {
            for column in &verified.columns {
                let program = column.program(name);
                let attempt = program.and_then(|program| program.now.as_ref());
                if let Some(attempt) = attempt.filter(|attempt| !attempt.loads()) {
                    all.add(name, &column.series, attempt);
                }
            }
        }
        all
    }

    fn add(&mut self, program: &'a str, kernel: &'a str, attempt: &'a Attempt) {
        let at = match self.number(program, attempt) {
            Some(number) => number - 1,
            None => {
                let (words, refusal) = (attempt.reason.as_str(), attempt.refusal.as_ref());
                let errno = attempt.errno;
                self.list.push(Reason { words, errno, refusal, programs: vec![], kernels: vec![] });
                self.list.len() - 1
            }
        };
        let Reason { programs, kernels, .. } = &mut self.list[at];
        for (known, name) in [(programs, program), (kernels, kernel)] {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }

    /// The number of the reason for which this program is refused. What the verifier says of two
    /// programs is two reasons, since each has lines of its own; what libbpf says is one.
    pub fn number(&self, program: &str, attempt: &Attempt) -> Option<usize> {
        let same = |reason: &Reason<'_>| {
            reason.words == attempt.reason
                && reason.refusal.is_some() == attempt.refusal.is_some()
                && (reason.refusal.is_none() || reason.programs.contains(&program))
        };
        self.list.iter().position(same).map(|at| at + 1)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Reason<'a>> {
        self.list.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::{column, impossible, loads, program, refused, verified};

    #[test]
    fn a_reason_comes_once() {
        let programs = || {
            vec![
                program("fine", Some(loads(1, "0")), None),
                program("a", Some(refused()), None),
                program("b", Some(refused()), None),
                program("c", Some(impossible()), None),
                program("d", Some(impossible()), None),
                program("gone", None, Some(refused())),
            ]
        };
        let verified = verified(None, vec![column("6.1", programs()), column("7", programs())]);
        let reasons = Reasons::of(&verified);
        let told: Vec<String> = reasons
            .iter()
            .map(|reason| format!("{} on {}", reason.programs.join(" "), reason.kernels.join(" ")))
            .collect();
        assert_eq!(told, ["a on 6.1 7", "b on 6.1 7", "c d on 6.1 7"]);
        assert_eq!(reasons.number("b", &refused()), Some(2));
        assert_eq!(reasons.number("d", &impossible()), Some(3));
    }
}
