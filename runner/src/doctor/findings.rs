//! From facts to findings. No I/O.

mod everything;
mod host;
mod vm;

use super::facts::Facts;
use super::{Ability, About, Diagnosis, Finding, Needs, State};

/// What is to be said of a machine, given what the labs of the course need.
pub fn diagnose(facts: &Facts, labs: &[Needs]) -> Diagnosis {
    let findings: Vec<Finding> =
        [everything::findings(facts, labs), vm::findings(facts), host::findings(facts, labs)]
            .into_iter()
            .flatten()
            .map(|finding| with_meaning(finding, labs.len()))
            .collect();
    Diagnosis {
        machine: machine(facts),
        labs: labs.len(),
        vm: ability(&findings, About::Vm),
        host: ability(&findings, About::Host),
        findings,
    }
}

fn machine(facts: &Facts) -> String {
    let system = &facts.system;
    let mut text =
        format!("{}, {}, Linux {}", system.name, system.architecture, facts.kernel.release);
    if system.wsl {
        text += ", in the Windows Subsystem for Linux";
    }
    if let Some(container) = &system.container {
        text += &format!(", in a container ({container})");
    }
    text
}

/// A problem that names no labs stands in the way of all.
fn stops_all(finding: &Finding) -> bool {
    finding.state == State::Problem && finding.labs.is_empty()
}

/// Says what a problem means, unless that was said.
fn with_meaning(mut finding: Finding, all: usize) -> Finding {
    if finding.state != State::Problem || finding.means.is_some() {
        return finding;
    }
    let way = match finding.about {
        About::Everything => "",
        About::Vm => " in a micro-VM",
        About::Host => " with --on host",
    };
    finding.means = Some(match finding.labs.len() {
        0 => format!("No lab runs{way}."),
        1 => format!("{} does not run{way}.", finding.labs[0]),
        some => format!("{some} of {all} labs do not run{way}."),
    });
    finding
}

fn ability(findings: &[Finding], about: About) -> Ability {
    let concern = |finding: &&Finding| [About::Everything, about].contains(&finding.about);
    let lacking: Vec<&str> =
        findings.iter().filter(concern).filter(|f| stops_all(f)).map(|f| f.what).collect();
    let mut without: Vec<String> = Vec::new();
    for lab in findings.iter().filter(concern).flat_map(|finding| &finding.labs) {
        if !without.contains(lab) {
            without.push(lab.clone());
        }
    }
    Ability { able: lacking.is_empty(), lacking, without }
}

#[cfg(test)]
mod tests;
