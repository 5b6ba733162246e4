//! Which distribution carries which series of kernels, in which suites and under which package names.

use super::sources::Source;
use super::{Architecture, KernelError, version};

/// A distribution whose packages are understood.
#[derive(Debug)]
pub(super) struct Distribution {
    /// What its archives' paths end in and its keyrings are named after.
    name: &'static str,
    /// Names of its releases, as suites are called; they tell its archive from others.
    releases: &'static [&'static str],
    /// The series that it carries.
    series: &'static [Series],
    /// The variants of a kernel taken, the best first; `{arch}` stands for the architecture.
    flavours: &'static [&'static str],
}

/// A series and where it is looked for: groups of suites, one after the other until one has it.
/// The smaller lists come first, except where another group may have a newer kernel.
#[derive(Debug)]
struct Series {
    name: &'static str,
    groups: &'static [&'static [&'static str]],
}

const DEBIAN: Distribution = Distribution {
    name: "debian",
    releases: &[
        "bullseye",
        "bookworm",
        "trixie",
        "forky",
        "duke",
        "sid",
        "oldoldstable",
        "oldstable",
        "stable",
        "testing",
        "unstable",
    ],
    series: &[
        Series { name: "5.10", groups: &[&["bullseye-security"], &["bullseye"]] },
        Series {
            name: "6.1",
            groups: &[&["bookworm-security", "bookworm-updates"], &["bookworm"]],
        },
        Series {
            name: "6.12",
            groups: &[
                &["trixie-security", "trixie-updates"],
                &["trixie"],
                &["bookworm-security", "bookworm-backports"],
            ],
        },
        Series { name: "6.18", groups: &[&["trixie-backports"], &["sid"]] },
        Series { name: "7", groups: &[&["trixie-backports", "sid"]] },
    ],
    flavours: &["-cloud-{arch}", "-cloud-{arch}-unsigned"],
};

const UBUNTU: Distribution = Distribution {
    name: "ubuntu",
    releases: &["focal", "jammy", "noble", "questing", "resolute", "devel"],
    series: &[
        Series { name: "5.15", groups: &[&["jammy-updates", "jammy-security"], &["jammy"]] },
        Series { name: "6.8", groups: &[&["noble-updates", "noble-security"], &["noble"]] },
        Series { name: "6.14", groups: &[&["noble-updates", "noble-security"]] },
        Series {
            name: "6.17",
            groups: &[&["noble-updates", "noble-security"], &["questing-updates", "questing"]],
        },
        Series { name: "7", groups: &[&["resolute-updates", "resolute-security", "resolute"]] },
    ],
    flavours: &["-generic"],
};

/// Suites of one archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search<'a> {
    pub(super) source: &'a Source,
    pub(super) suites: Vec<&'static str>,
}

impl Distribution {
    /// The distribution of this machine, to judge by its archives.
    pub(super) fn of(sources: &[Source]) -> Option<&'static Self> {
        [&DEBIAN, &UBUNTU].into_iter().find(|known| known.archive(sources, false).is_some())
    }

    /// The names of all series.
    pub(super) fn known(&self) -> Vec<String> {
        self.series.iter().map(|series| series.name.to_owned()).collect()
    }

    /// Where to look for a series: groups, each a list of archives and their suites.
    ///
    /// A series within a known one (`7.2` within `7`) is looked for in the same places.
    pub(super) fn searches<'a>(
        &self,
        series: &str,
        sources: &'a [Source],
    ) -> Result<Vec<Vec<Search<'a>>>, KernelError> {
        let within = |known: &&Series| {
            series
                .strip_prefix(known.name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let Some(place) = self.series.iter().find(within) else {
            return Err(KernelError::UnknownSeries {
                series: series.to_owned(),
                known: self.known(),
            });
        };
        let group = |suites: &&[&'static str]| -> Vec<Search<'a>> {
            let (security, main): (Vec<_>, Vec<_>) =
                suites.iter().partition(|suite| suite.ends_with("-security"));
            let search = |suites: Vec<&'static str>, of_security| {
                let source = self.archive(sources, of_security)?;
                (!suites.is_empty()).then_some(Search { source, suites })
            };
            [search(main, false), search(security, true)].into_iter().flatten().collect()
        };
        Ok(place.groups.iter().map(group).filter(|group| !group.is_empty()).collect())
    }

    /// The archive of its releases, or of their security updates.
    ///
    /// Other archives use the same suite names for packages of their own, so the likeliest is taken:
    /// signed by the distribution's keys, or by those that apt trusts for all, and named like it.
    fn archive<'a>(&self, sources: &'a [Source], security: bool) -> Option<&'a Source> {
        let fits = |suite: &String| match suite.split_once(['-', '/']) {
            Some((release, "security")) => security && self.releases.contains(&release),
            Some((release, "updates" | "backports")) => {
                !security && self.releases.contains(&release)
            }
            Some(_) => false,
            None => !security && self.releases.contains(&suite.as_str()),
        };
        let likeliness = |source: &Source| {
            let keyring = format!("{}-archive", self.name);
            let signed_by = match source.options.get("Signed-By") {
                Some(keys) if keys.contains(&keyring) => 2,
                Some(_) => 0,
                None => 1,
            };
            let path = source.uri.trim_end_matches('/');
            let last = path.rsplit('/').next().unwrap_or_default();
            (signed_by, last.starts_with(self.name))
        };
        let usable = sources.iter().filter(|source| {
            source.suites.iter().any(fits) && source.components.iter().any(|part| part == "main")
        });
        // The first of several equal ones.
        usable.rev().max_by_key(|source| likeliness(source))
    }

    /// The beginning that the names of all its image packages have in common, for one series.
    pub(super) fn prefix(series: &str) -> String {
        format!("linux-image-{series}")
    }

    /// Judges a package by its name: the kernel's release and the rank of its flavour (0 is the best),
    /// or `None` if it is no image of this series.
    pub(super) fn release_of(
        &self,
        package: &str,
        series: &str,
        architecture: Architecture,
    ) -> Option<(String, usize)> {
        let rest = package.strip_prefix("linux-image-")?;
        self.flavours.iter().enumerate().find_map(|(rank, flavour)| {
            let ending = flavour.replace("{arch}", architecture.name());
            let number = rest.strip_suffix(&ending)?;
            let release = rest.trim_end_matches("-unsigned").to_owned();
            version::is_of_series(number, series).then_some((release, rank))
        })
    }
}

#[cfg(test)]
mod tests;
