//! How `labrunner LAB --page` finds the `labrunner book` that serves this course.
//!
//! A socket with an abstract name (unix(7)), made of the course's folder: whoever connects is told the
//! address. The kernel removes it with the process that holds it, however that ends, so no file can be
//! left that names a server which is gone.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells the address to whoever asks for the server of this course, as long as this process lives. If
/// there is another server already, that one is told of.
pub fn offer(root: &Path, address: &str) {
    let Some(listener) = name(root).and_then(|name| UnixListener::bind_addr(&name).ok()) else {
        return;
    };
    let address = address.to_string();
    thread::spawn(move || {
        for mut asking in listener.incoming().flatten() {
            let _ = asking.set_write_timeout(Some(PATIENCE));
            let _ = asking.write_all(address.as_bytes());
        }
    });
}

/// The address of a server of this course, if one is running.
pub fn find(root: &Path) -> Option<String> {
    let mut server = UnixStream::connect_addr(&name(root)?).ok()?;
    // Anybody on this machine may take the name: only a process of our own is believed.
    if socket_peercred(&server).ok()?.uid != rustix::process::geteuid() {
        return None;
    }
    server.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut address = String::new();
    server.read_to_string(&mut address).ok()?;
    address.starts_with("http://127.0.0.1:").then_some(address)
}

fn name(root: &Path) -> Option<SocketAddr> {
    let mut hasher = DefaultHasher::new();
    root.canonicalize().ok()?.hash(&mut hasher);
    rustix::process::geteuid().as_raw().hash(&mut hasher);
    SocketAddr::from_abstract_name(format!("labrunner-book-{:016x}", hasher.finish())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_told_for_this_course_alone() {
        let (served, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(find(served.path()), None);
        offer(served.path(), "http://127.0.0.1:3000/");
        offer(served.path(), "http://127.0.0.1:3001/");
        for _ in 0..3 {
            assert_eq!(find(served.path()).as_deref(), Some("http://127.0.0.1:3000/"));
        }
        assert_eq!(find(other.path()), None);
    }
}
