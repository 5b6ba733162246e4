//! Fetches a kernel's packages through apt, without root and without touching apt's own state.
//!
//! First with the package lists that the machine has; if these do not have the series, or have become
//! stale, with lists fetched into a folder of their own, from the machine's archive. Source of the
//! options: apt.conf(5). apt checks signatures and digests in both cases.

mod client;
mod said;

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use self::client::Apt;
use self::said::failure;
use super::distribution::Distribution;

use super::{Architecture, KernelError, Progress, process, sources, version};

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AptMachine {
    /// The folder of apt's sources, `/etc/apt`.
    pub sources: PathBuf,
    /// Look in the machine's own package lists first.
    pub own_lists: bool,
    /// The processor that kernels are for.
    pub architecture: Architecture,
}

impl AptMachine {
    /// The machine that this program runs on.
    pub fn of_this_machine() -> Result<Self, KernelError> {
        let architecture = Architecture::of_this_machine()?;
        Ok(Self { sources: PathBuf::from("/etc/apt"), own_lists: true, architecture })
    }

    /// The series that the machine's distribution carries; empty if it is not known.
    pub fn known_series(&self) -> Result<Vec<String>, KernelError> {
        let sources = sources::read(&self.sources)?;
        Ok(Distribution::of(&sources).map(Distribution::known).unwrap_or_default())
    }

    /// An error that names the series that there are, if the machine's distribution does not carry
    /// this one. Nothing is fetched.
    pub fn check_series(&self, series: &str) -> Result<(), KernelError> {
        let sources = sources::read(&self.sources)?;
        let distribution = Distribution::of(&sources)
            .ok_or_else(|| KernelError::NoArchive(self.sources.clone()))?;
        distribution.searches(series, &sources).map(drop)
    }

    /// Downloads the newest packages of a series into the folder `scratch`.
    pub(super) fn fetch(
        &self,
        series: &str,
        scratch: &Path,
        progress: &mut Progress<'_>,
    ) -> Result<Fetched, KernelError> {
        for program in ["apt-get", "apt-cache", "dpkg-deb"] {
            process::command(program)?;
        }
        let sources = sources::read(&self.sources)?;
        let distribution = Distribution::of(&sources)
            .ok_or_else(|| KernelError::NoArchive(self.sources.clone()))?;
        let groups = distribution.searches(series, &sources)?;
        let wanted = Wanted { distribution, series, architecture: self.architecture };
        if self.own_lists {
            progress("Looking into this machine's package lists");
            let apt = Apt::with_own_lists(&scratch.join("own"))?;
            match apt.newest_of(&wanted, progress) {
                Ok(Some(fetched)) => return Ok(fetched),
                Err(error @ (KernelError::DiskFull(_) | KernelError::Network { .. })) => {
                    return Err(error);
                }
                // Stale lists name what the mirror no longer has; fresh ones may do better.
                Ok(None) | Err(_) => {}
            }
        }
        let mut trouble = None;
        let mut searched = vec![];
        for (number, group) in groups.iter().enumerate() {
            let suites: Vec<_> = group.iter().flat_map(|search| search.suites.clone()).collect();
            progress(&format!("Fetching the package lists of {}", suites.join(", ")));
            searched.extend(suites);
            let folder = scratch.join(format!("lists-{number}"));
            let apt = Apt::with_lists_of(&folder, group, self.architecture)?;
            trouble = apt.update()?.or(trouble);
            if let Some(fetched) = apt.newest_of(&wanted, progress)? {
                return Ok(fetched);
            }
        }
        let suites = searched.join(", ");
        Err(trouble.unwrap_or(KernelError::NoPackage { series: series.to_owned(), suites }))
    }
}

/// Packages of one kernel, downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    /// The `.deb` files, the one with the image first.
    pub(super) files: Vec<PathBuf>,
    /// The kernel's release.
    pub(super) release: String,
    /// The image's package and its version.
    pub(super) origin: String,
}

/// What is looked for.
struct Wanted<'a> {
    distribution: &'static Distribution,
    series: &'a str,
    architecture: Architecture,
}

/// An image package that apt knows.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    package: String,
    version: String,
    release: String,
    rank: usize,
}

impl Apt {
    /// Downloads the newest kernel that the lists have; `None` if they have none.
    fn newest_of(
        &self,
        wanted: &Wanted<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<Fetched>, KernelError> {
        let Some(newest) = self.newest(wanted)? else { return Ok(None) };
        let image = format!("{}={}", newest.package, newest.version);
        let mut packages = vec![image];
        packages.extend(self.companions(&newest)?);
        let files = self.download(&newest.package, &packages, progress)?;
        let origin = format!("{} {}", newest.package, newest.version);
        Ok(Some(Fetched { files, release: newest.release, origin }))
    }

    /// The other packages of the same kernel that the image's package depends on. Some distributions
    /// have modules, configuration and even the image itself in such, called `linux-WORD-RELEASE`.
    /// Archives can lack one that holds nothing of need; what is missing then is told after unpacking.
    fn companions(&self, image: &Candidate) -> Result<Vec<String>, KernelError> {
        let mut command = self.command("apt-cache")?;
        command.arg("show").arg(format!("{}={}", image.package, image.version));
        let fields = self.run(command, &mut || {})?.stdout;
        let depends = fields.lines().find_map(|line| line.strip_prefix("Depends:"));
        let names = depends.unwrap_or_default().split(',').filter_map(|dependency| {
            let name = dependency.split_whitespace().next()?;
            let word =
                name.strip_prefix("linux-")?.strip_suffix(&image.release)?.strip_suffix('-')?;
            let is_of_kernel =
                word.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-');
            (is_of_kernel && name != image.package).then_some(name)
        });
        let names: Vec<_> = names.collect();
        if names.is_empty() {
            return Ok(vec![]);
        }
        let known = self.versions_of(&names)?;
        // The one of the image's version, or else the newest.
        let choose = |name: &&str| -> Option<String> {
            let versions = known.iter().filter(|(package, _)| package == name);
            let version = versions.map(|(_, version)| version).max_by(|left, right| {
                let exact = |version: &str| version == image.version;
                (exact(left).cmp(&exact(right))).then_with(|| version::compare(left, right))
            })?;
            Some(format!("{name}={version}"))
        };
        Ok(names.iter().filter_map(choose).collect())
    }

    /// The packages that can be downloaded, with their versions.
    fn versions_of(&self, packages: &[&str]) -> Result<Vec<(String, String)>, KernelError> {
        let mut command = self.command("apt-cache")?;
        command.arg("madison").args(packages);
        let table = self.run(command, &mut || {})?.stdout;
        let rows = table.lines().filter_map(|line| {
            // PACKAGE | VERSION | LIST, where a list can be one of source packages.
            let mut columns = line.split('|').map(|column| column.trim().to_owned());
            let (package, version, list) = (columns.next()?, columns.next()?, columns.next()?);
            list.ends_with("Packages").then_some((package, version))
        });
        Ok(rows.collect())
    }

    fn newest(&self, wanted: &Wanted<'_>) -> Result<Option<Candidate>, KernelError> {
        let mut command = self.command("apt-cache")?;
        command.arg("pkgnames").arg(Distribution::prefix(wanted.series));
        let names = self.run(command, &mut || {})?.stdout;
        let judge =
            |name: &str| wanted.distribution.release_of(name, wanted.series, wanted.architecture);
        let names: Vec<_> = names.lines().filter(|name| judge(name).is_some()).collect();
        if names.is_empty() {
            return Ok(None);
        }
        let candidates = self.versions_of(&names)?.into_iter().filter_map(|(package, version)| {
            let (release, rank) = judge(&package)?;
            Some(Candidate { package, version, release, rank })
        });
        Ok(candidates.max_by(|left, right| {
            version::compare(&left.version, &right.version)
                .then_with(|| Reverse(left.rank).cmp(&Reverse(right.rank)))
        }))
    }

    /// Downloads packages (`NAME` or `NAME=VERSION`) and gives their files. `image` is the first one's
    /// name, for messages.
    fn download(
        &self,
        image: &str,
        packages: &[String],
        progress: &mut Progress<'_>,
    ) -> Result<Vec<PathBuf>, KernelError> {
        let failed = |output: &_| failure("apt-get download", Some(image), &self.folder, output);
        let mut command = self.command("apt-get")?;
        command.args(["-q", "download", "--print-uris"]).args(packages);
        let plan = self.run(command, &mut || {})?;
        let planned = plan.stdout.lines().filter_map(|line| {
            // 'URI' FILE BYTES DIGEST; FILE comes from the archive and must stay in our folder.
            let mut columns = line.split_whitespace().skip(1);
            let file = Path::new(columns.next()?).file_name()?;
            Some((self.folder.join(file), columns.next()?.parse::<u64>().ok()?))
        });
        let (files, sizes): (Vec<_>, Vec<_>) = planned.unzip();
        if !plan.status.success() || files.len() != packages.len() {
            return Err(failed(&plan));
        }
        let all = megabytes(sizes.iter().sum());
        progress(&format!("Downloading {image} ({all} MB)"));
        let mut command = self.command("apt-get")?;
        command.args(["-q", "download"]).args(packages);
        let output = self.run(command, &mut || {
            let there = files.iter().filter_map(|file| fs::metadata(file).ok());
            let there = megabytes(there.map(|file| file.len()).sum());
            progress(&format!("Downloading {image}: {there} of {all} MB"));
        })?;
        if !output.status.success() || !files.iter().all(|file| file.is_file()) {
            return Err(failed(&output));
        }
        Ok(files)
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
