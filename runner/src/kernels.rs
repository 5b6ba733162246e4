//! Which kernels a command is about: `--kernel 6.1,6.12`, `--kernel all`, or the default.

use std::io::ErrorKind;

use microvm::kernel::{AptMachine, KernelError, Store};

use crate::cache;
use crate::engine::vm::storage_advice;
use crate::error::Error;
use crate::settings::Settings;

/// The series that is used where nothing else is said, and the machine can have it.
pub const DEFAULT: &str = "6.1";

/// What stands for all kernels, and so is no kernel's name.
pub const ALL: &str = "all";

/// The name of the kernel that runs on this machine.
pub const HOST: &str = "host";

/// The store of kernels in the cache folder.
pub fn store() -> Result<Store, Error> {
    Ok(Store::new(cache::folder()?.join("kernels")))
}

/// The kernels that `--kernel` names, each once: those of the list, all that were added, or the
/// default. What is neither there nor to be had is refused now, before anything is fetched.
pub fn named(argument: Option<&str>) -> Result<Vec<String>, Error> {
    let Some(list) = argument else { return Ok(vec![usable_default()?]) };
    let mut kernels: Vec<String> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let names = match name {
            ALL => added()?,
            _ => {
                check(name)?;
                vec![name.to_string()]
            }
        };
        for name in names {
            if !kernels.contains(&name) {
                kernels.push(name);
            }
        }
    }
    if kernels.is_empty() {
        return Err(Error::Usage(format!(
            "`--kernel {list}` names no kernel: give one such as {DEFAULT}, several with commas, or \
             `{ALL}`."
        )));
    }
    Ok(kernels)
}

/// All kernels that were added, damaged ones too; the default if there are none.
fn added() -> Result<Vec<String>, Error> {
    let names = store()?.names().map_err(unable)?;
    if names.is_empty() { Ok(vec![usable_default()?]) } else { Ok(names) }
}

/// The kernel that labs run on where none is named: the chosen one, or else what this machine can have.
pub fn default() -> Result<String, Error> {
    if let Some(chosen) = settings().kernel {
        return Ok(chosen);
    }
    let added = store()?.names().map_err(unable)?;
    if added.iter().any(|name| name == DEFAULT) {
        return Ok(DEFAULT.into());
    }
    let carried = carried();
    let is_newer = |series: &&String| number(series) > number(DEFAULT);
    let substitute = added.first().or_else(|| carried.iter().find(is_newer));
    match substitute {
        Some(other) if !carried.iter().any(|series| series == DEFAULT) => Ok(other.clone()),
        _ => Ok(DEFAULT.into()),
    }
}

/// The same, or an error if it was chosen and is no more.
fn usable_default() -> Result<String, Error> {
    let default = default()?;
    match settings().kernel {
        Some(_) => check(&default).map(|()| default).map_err(|error| {
            Error::unable(
                format!("The default kernel cannot be used: {error}"),
                format!("Choose another one, such as: labrunner kernel default {DEFAULT}"),
            )
        }),
        None => Ok(default),
    }
}

/// The learner's choices; tells if they could not be read.
fn settings() -> Settings {
    let (settings, said) = Settings::load();
    if let Some(sentence) = said {
        crate::command::say(&sentence);
    }
    settings
}

/// The series that this machine's distribution carries.
pub fn carried() -> Vec<String> {
    AptMachine::of_this_machine().and_then(|machine| machine.known_series()).unwrap_or_default()
}

/// An error unless the kernel was added or can be fetched; fetches nothing.
pub fn check(name: &str) -> Result<(), Error> {
    let have = match store()?.get(name) {
        Err(KernelError::NotAdded { have, .. }) => have,
        // Whoever uses a damaged one is told so.
        Ok(_) | Err(KernelError::Damaged { .. }) => return Ok(()),
        Err(other) => return Err(unable(other)),
    };
    if name == HOST {
        return Err(Error::Usage(format!(
            "The running kernel has not been added: labrunner kernel add {HOST}"
        )));
    }
    match AptMachine::of_this_machine().and_then(|machine| machine.check_series(name)) {
        Err(KernelError::UnknownSeries { mut known, .. }) => {
            known.extend(have.into_iter().filter(|name| !carried().contains(name)));
            Err(Error::Usage(format!(
                "There is no kernel {name}: use one of {}, or add an image of your own: labrunner \
                 kernel add --image FILE --name {name}",
                known.join(", ")
            )))
        }
        // Where nothing can be fetched, the kernels that are there are the ones to choose from.
        Err(_) if !have.is_empty() => {
            Err(unable(KernelError::NotAdded { series: name.into(), have }))
        }
        checked => checked.map_err(unable),
    }
}

/// Major and minor number of a series.
fn number(series: &str) -> Option<(u32, u32)> {
    let (major, minor) = series.split_once('.').unwrap_or((series, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Says whose turn it is after a failure with kernels: the learner's at the command line, or the
/// machine's.
pub fn unable(error: KernelError) -> Error {
    let sentence = capital(&error.to_string());
    let fix = match &error {
        KernelError::BadName(_)
        | KernelError::UnknownSeries { .. }
        | KernelError::NotAdded { .. } => return Error::Usage(format!("{sentence}.")),
        // An image that is not there is none of the cache's.
        KernelError::Io { action, source, .. }
            if *action != "read" || source.kind() != ErrorKind::NotFound =>
        {
            storage_advice(source)
        }
        KernelError::DiskFull(_) => "labrunner kernel list shows what can be removed; \
                                     LABRUNNER_CACHE=/path names another folder."
            .into(),
        KernelError::Damaged { series, .. } => {
            format!("Fetch it again: labrunner kernel add {series}")
        }
        KernelError::Unreadable(_) => {
            "Then: labrunner kernel add --image COPY --modules DIR --name NAME".into()
        }
        _ => "An image of your own: labrunner kernel add --image FILE --modules DIR --name NAME"
            .into(),
    };
    Error::unable(format!("{sentence}."), fix)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_ordered_by_number() {
        assert!(number("6.8") > number(DEFAULT) && number("7") > number("6.17"));
        assert!(number("5.15") < number(DEFAULT));
        assert!(number("mine") < number(DEFAULT));
    }
}
