//! Files in memory: they have no name, take no room on a disk, and go with the process.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;

use rustix::fs::{MemfdFlags, memfd_create};

/// A file with these contents, to be read from its beginning. The name is for whoever looks at the open
/// files of the process.
pub fn file(name: &str, contents: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    file.write_all(contents)?;
    file.rewind()?;
    Ok(file)
}

/// A path by which this process and its children can open a file that may have no name, for as long as it
/// is open here.
pub fn path_of(file: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_read_and_opened_by_its_path() {
        let file = file("test", b"contents").unwrap();
        assert_eq!(io::read_to_string(&file).unwrap(), "contents");
        assert_eq!(std::fs::read(path_of(&file)).unwrap(), b"contents");
    }
}
