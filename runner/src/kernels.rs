//! Which kernels a command is about: `--kernel 6.1,6.12`, `--kernel all`, or the default.

use microvm::kernel::Store;

use crate::cache;
use crate::error::Error;

/// The series that is used where nothing else is said.
pub const DEFAULT: &str = "6.1";

/// The store of kernels in the cache folder.
pub fn store() -> Result<Store, Error> {
    Ok(Store::new(cache::folder()?.join("kernels")))
}

/// The series that `--kernel` names: those of the list, all that were added, or the default.
pub fn named(argument: Option<&str>) -> Result<Vec<String>, Error> {
    match argument {
        None => Ok(vec![DEFAULT.to_string()]),
        Some("all") => {
            let kernels = store()?.list().map_err(|e| Error::Usage(e.to_string()))?;
            if kernels.is_empty() {
                return Ok(vec![DEFAULT.to_string()]);
            }
            Ok(kernels.into_iter().map(|kernel| kernel.series).collect())
        }
        Some(list) => {
            let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
            Ok(names.map(str::to_string).collect())
        }
    }
}
