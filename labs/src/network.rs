//! A network of its own for a lab and its stimulus.
//!
//! On a kernel that others use too, their packets would be counted among ours, and our programs would
//! see theirs. In a network namespace there is nothing but a loopback interface.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns, unshare};
use rustix::net::{AddressFamily, SocketType, netdevice, socket};

/// How long to wait for a packet.
const PATIENCE: Duration = Duration::from_secs(1);

/// The environment variable that names the namespace which a lab enters: `/proc/PID/ns/net`.
const VARIABLE: &str = "LAB_NETNS";

/// Leaves the network of the machine for a new one, and brings its loopback interface up. It ends with
/// the last process in it.
///
/// # Errors
/// We are not root.
pub fn leave() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET)
        .map_err(io::Error::from) // the words that all labs use for an error number
        .context("cannot make a network of our own")?;
    labrunner_guest::loopback::up().context("cannot bring the loopback interface up")
}

/// Enters the network that the runner tells, if it tells one.
///
/// # Errors
/// It is gone, or we are not root.
pub fn enter_told() -> Result<()> {
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let entered =
        File::open(&path).and_then(|namespace| Ok(setns(namespace, CloneFlags::CLONE_NEWNET)?));
    entered.with_context(|| format!("cannot enter the network {}", path.display()))
}

/// The number of the loopback interface, as attaching to it wants it.
///
/// # Errors
/// There is none.
pub fn loopback_index() -> Result<i32> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    let index = netdevice::name_to_index(any, "lo").context("there is no loopback interface")?;
    Ok(index as i32)
}

/// Sends UDP packets to ourselves. Each is one packet on the loopback interface, since nobody answers,
/// and has arrived before the next is sent; or is waited for in vain, when a program drops it.
///
/// # Errors
/// The loopback interface is down.
pub fn send_packets(times: u32) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot make a socket")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let address = socket.local_addr()?;
    for _ in 0..times {
        socket.send_to(b"hello", address).context("cannot send a packet")?;
        match socket.recv(&mut [0; 16]) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
