//! `labrunner kernel`: which kernels there are to run labs on.

use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
use std::path::{Path, PathBuf};

use microvm::kernel::{AptMachine, ImageFiles, Kernel, KernelError, inspect_image};
use serde_json::json;

use super::{print, telling};
use crate::cli::{AddArgs, Format, KernelAction, KernelArgs};
use crate::error::{Error, PASSED};
use crate::kernels::{self, ALL, HOST};
use crate::render::json::kernel_error as json_of_failure;
use crate::render::kernels::{Listing, Row, json, megabytes, text};
use crate::saved;
use crate::settings::Settings;

/// Does what the arguments say.
pub fn run(args: &KernelArgs, format: Format) -> Result<u8, Error> {
    match &args.action {
        KernelAction::List => list(format)?,
        KernelAction::Add(args) => match &args.image {
            Some(image) => add_image(image, args, format)?,
            None => add(&args.series, format)?,
        },
        KernelAction::Refresh { series } => refresh(series, format)?,
        KernelAction::Remove { series } => remove(series, format)?,
        KernelAction::Default { series: None } => {
            let default = kernels::default()?;
            tell(format, &default, json!({ "default": default }))?;
        }
        KernelAction::Default { series: Some(name) } => choose(name, format)?,
    }
    Ok(PASSED)
}

fn list(format: Format) -> Result<(), Error> {
    let store = kernels::store()?;
    let row = |series: String| {
        let machines_bytes = saved::bytes(&series)?;
        Ok(match store.get(&series) {
            Ok(Kernel { series, release, origin, bytes, .. }) => {
                let (release, origin) = (Some(release), Some(origin));
                Row { series, release, origin, bytes, machines_bytes, problem: None }
            }
            Err(error) => {
                let problem = match error {
                    KernelError::Damaged { reason, .. } => reason,
                    other => other.to_string(),
                };
                let (release, origin, problem) = (None, None, Some(problem));
                Row { series, release, origin, bytes: 0, machines_bytes, problem }
            }
        })
    };
    let names = store.names().map_err(kernels::unable)?;
    let listing = Listing {
        default: kernels::default()?,
        kernels: names.into_iter().map(row).collect::<Result<_, Error>>()?,
        available: kernels::carried(),
    };
    print(&match format {
        Format::Json => json(&listing) + "\n",
        _ => text(&listing),
    })
}

/// Adds series one after the other. All names are looked at before the first is fetched.
fn add(series: &[String], format: Format) -> Result<(), Error> {
    let store = kernels::store()?;
    let mut wanted: Vec<String> = Vec::new();
    for name in series {
        match name.as_str() {
            ALL => wanted.extend(kernels::carried()),
            HOST => wanted.push(HOST.into()),
            _ => {
                kernels::check(name)?;
                wanted.push(name.clone());
            }
        }
    }
    if wanted.is_empty() {
        return Err(kernels::unable(KernelError::NoArchive(PathBuf::from("/etc/apt"))));
    }
    each(&unique(&wanted), format, |name| {
        if name != HOST
            && let Ok(kernel) = store.get(name)
        {
            return tell_added(format, &format!("{name} is there already"), &kernel);
        }
        let step = telling::Step::default();
        let kernel = match name {
            HOST => store.add_host(&mut |sentence| step.show(sentence)),
            _ => store.add(name, &mut |sentence| step.show(sentence)),
        };
        drop(step);
        let kernel = kernel.map_err(kernels::unable)?;
        if name == HOST {
            saved::remove(HOST)?;
        }
        tell_added(format, &format!("Added {name}"), &kernel)
    })
}

/// Adds each of them, the others too when one fails. A failure of several is told where it happens, and
/// all of them at the end.
fn each(
    names: &[&String],
    format: Format,
    mut add: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut failed = Vec::new();
    for name in names {
        let Err(error) = add(name) else { continue };
        if names.len() == 1 {
            return Err(error);
        }
        if format == Format::Json {
            print(&json_of_failure(name, &error))?;
        }
        super::say(&format!("{name}: {error}"));
        failed.push(name.as_str());
    }
    if failed.is_empty() {
        return Ok(());
    }
    let (problem, series) = (failed.len(), failed.join(", "));
    Err(Error::unable(
        format!("{problem} of {} kernels could not be added: {series}.", names.len()),
        "The reason of each is above.",
    ))
}

fn add_image(image: &Path, args: &AddArgs, format: Format) -> Result<(), Error> {
    let given = inspect_image(image).map_err(of_files)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => given.release.clone().ok_or_else(|| {
            Error::Usage(format!(
                "{} does not tell its release: name the kernel with --name NAME.",
                image.display()
            ))
        })?,
    };
    if name == ALL {
        return Err(Error::Usage(format!("`{ALL}` stands for all kernels: give another name.")));
    }
    let usual = given.release.map(|release| Path::new("/lib/modules").join(release));
    let modules = args.modules.clone().or_else(|| usual.filter(|folder| folder.is_dir()));
    let image = &absolute(image);
    let files = ImageFiles { image, modules: modules.as_deref(), config: args.config.as_deref() };
    let step = telling::Step::default();
    let added = kernels::store()?.add_image(&name, &files, &mut |sentence| step.show(sentence));
    drop(step);
    let kernel = added.map_err(of_files)?;
    // Machines of a kernel that had this name before.
    saved::remove(&name)?;
    if kernel.config.is_none() {
        super::say(
            "No configuration was given or found beside the image, so nobody looked whether it has \
             BPF, BTF and the drivers of the machine. With --config FILE that is told now. If its \
             machine does not start, give its modules too: --modules DIR.",
        );
    }
    tell_added(format, &format!("Added {name}"), &kernel)
}

fn refresh(series: &[String], format: Format) -> Result<(), Error> {
    let machine = AptMachine::of_this_machine().map_err(kernels::unable)?;
    let store = kernels::store()?;
    for name in series {
        machine.check_series(name).map_err(kernels::unable)?;
    }
    each(&unique(series), format, |name| {
        let before = store.get(name).ok().map(|kernel| kernel.origin);
        let step = telling::Step::default();
        let fetched = store.refresh(&machine, name, &mut |sentence| step.show(sentence));
        drop(step);
        let kernel = fetched.map_err(kernels::unable)?;
        saved::remove(name)?;
        let what = match before {
            Some(before) if before == kernel.origin => format!("{name} is the newest as before"),
            _ => format!("Added {name}"),
        };
        tell_added(format, &what, &kernel)
    })
}

/// Removes kernels with their saved machines. A default that cannot be fetched again is one no more.
fn remove(series: &[String], format: Format) -> Result<(), Error> {
    let store = kernels::store()?;
    let series = unique(series);
    for name in &series {
        if let Err(error @ (KernelError::NotAdded { .. } | KernelError::BadName(_))) =
            store.get(name)
            && saved::bytes(name)? == 0
        {
            return Err(kernels::unable(error));
        }
    }
    for name in series {
        let machines = saved::remove(name)?;
        let freed = match store.remove(name) {
            Ok(bytes) => bytes + machines,
            Err(KernelError::NotAdded { .. }) if machines > 0 => machines,
            Err(error) => return Err(kernels::unable(error)),
        };
        let text = format!("Removed {name} and what was saved with it: {} freed", megabytes(freed));
        tell(format, &text, json!({ "series": name, "freed_bytes": freed }))?;
        let (settings, _) = Settings::load();
        if settings.kernel.as_ref() == Some(name) && kernels::check(name).is_err() {
            Settings { kernel: None }.save()?;
            super::say(&format!("It was the default; that is {} now.", kernels::default()?));
        }
    }
    Ok(())
}

fn unique(names: &[String]) -> Vec<&String> {
    let first = |(at, name): &(usize, &String)| !names[..*at].contains(*name);
    names.iter().enumerate().filter(first).map(|(_, name)| name).collect()
}

fn choose(name: &str, format: Format) -> Result<(), Error> {
    kernels::check(name)?;
    Settings { kernel: Some(name.into()) }.save()?;
    let text = format!("Labs run on {name} from now on, unless --kernel names others.");
    tell(format, &text, json!({ "default": name }))
}

fn tell_added(format: Format, what: &str, kernel: &Kernel) -> Result<(), Error> {
    let Kernel { series, release, origin, bytes, .. } = kernel;
    let text = format!("{what}: Linux {release}, {} ({origin})", megabytes(*bytes));
    let object = json!({ "series": series, "release": release, "origin": origin, "bytes": bytes });
    tell(format, &text, object)
}

fn tell(format: Format, text: &str, object: serde_json::Value) -> Result<(), Error> {
    print(&match format {
        Format::Json => format!("{object}\n"),
        _ => format!("{text}\n"),
    })
}

/// What is wrong with files that were named in the command line is a matter of the command line.
fn of_files(error: KernelError) -> Error {
    match &error {
        KernelError::NotAKernel { .. }
        | KernelError::OtherModules { .. }
        | KernelError::NoModules { .. }
        | KernelError::Config { .. } => match kernels::unable(error) {
            Error::Environment(unable) => Error::Usage(unable.problem),
            other => other,
        },
        KernelError::Io { action: "read" | "copy", source, .. }
            if matches!(source.kind(), NotFound | IsADirectory | NotADirectory) =>
        {
            Error::Usage(format!("{error}."))
        }
        _ => kernels::unable(error),
    }
}

/// The path as it is found again from another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
