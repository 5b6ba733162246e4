//! `labrunner cache`: what is kept, and how large it is.

use super::print;
use crate::cache;
use crate::cli::CacheArgs;
use crate::error::{Error, PASSED};

/// Prints what is in the cache folder, after removing it if that was asked for.
pub fn run(args: &CacheArgs) -> Result<u8, Error> {
    let folder = cache::folder()?;
    if args.clean {
        cache::clean(&folder)?;
    }
    let contents = cache::contents(&folder);
    let mut text = String::new();
    for (path, size) in &contents {
        let shown = path.strip_prefix(&folder).unwrap_or(path).display();
        text += &format!("{:7.1} MB  {shown}\n", *size as f64 / 1e6);
    }
    let total: u64 = contents.iter().map(|(_, size)| size).sum();
    text += &format!("{:7.1} MB  in {}\n", total as f64 / 1e6, folder.display());
    print(&text)?;
    Ok(PASSED)
}
