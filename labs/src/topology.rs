//! Small networks of a lab's own: network namespaces, and cables (veth pairs) between them.
//!
//! A namespace here has no name in the file system. An open file is all that keeps it, so it ends with
//! the lab, however the lab ends, and takes its interfaces, addresses and filters along.
//!
//! ```no_run
//! # use labs::topology::{End, Namespace, cable};
//! # fn main() -> anyhow::Result<()> {
//! let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
//! let [at_client, at_server] = cable(
//!     &End { namespace: &client, interface: "to-server", address: "10.8.0.1".parse()? },
//!     &End { namespace: &server, interface: "to-client", address: "10.8.0.2".parse()? },
//! )?;
//! client.run(|| Ok(std::net::TcpStream::connect("10.8.0.2:80")?))?;
//! # Ok(())
//! # }
//! ```

mod ethtool;
mod netlink;

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::thread;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns, unshare};

use netlink::Netlink;

/// Addresses of one cable differ in the last byte only.
const PREFIX: u8 = 24;

/// A network of its own: interfaces, addresses, routes and sockets.
#[derive(Debug)]
pub struct Namespace {
    name: &'static str,
    file: File,
    netlink: Netlink,
}

/// One end of a cable, as it is to be.
#[derive(Debug)]
pub struct End<'a> {
    /// Where it lies.
    pub namespace: &'a Namespace,
    /// The interface's name: 15 bytes at most.
    pub interface: &'a str,
    /// Its address, the first three bytes of which are those of the other end.
    pub address: Ipv4Addr,
}

/// One end of a cable, as it has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The number by which its namespace knows it.
    pub index: u32,
    /// Its Ethernet address.
    pub mac: [u8; 6],
    /// Its IP address.
    pub address: Ipv4Addr,
}

impl Namespace {
    /// A new one, which has nothing but a loopback interface that is up. `name` is for messages.
    ///
    /// IPv6 is off in it: otherwise each interface would send a few packets of its own when it comes up,
    /// and labs count packets.
    ///
    /// # Errors
    /// We are not root.
    pub fn new(name: &'static str) -> Result<Self> {
        let make = || -> Result<Self> {
            unshare(CloneFlags::CLONE_NEWNET).map_err(io::Error::from)?;
            labrunner_guest::loopback::up()?;
            for which in ["all", "default"] {
                // No such file: this kernel has no IPv6, so there is nothing to be switched off.
                let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
            }
            Ok(Self {
                name,
                file: File::open("/proc/thread-self/ns/net")?,
                netlink: Netlink::open()?,
            })
        };
        on_a_thread(make).with_context(|| format!("cannot make the network namespace {name}"))
    }

    /// What it is called in messages.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs `work` inside, on a thread of its own: a thread is in one namespace at a time, and sockets
    /// stay in the one in which they were opened.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        on_a_thread(|| {
            self.enter()?;
            work()
        })
    }

    /// Moves the calling thread into it, for good.
    ///
    /// # Errors
    /// We are not root.
    pub fn enter(&self) -> Result<()> {
        setns(self.file.as_fd(), CloneFlags::CLONE_NEWNET)
            .map_err(io::Error::from)
            .with_context(|| format!("cannot enter the network namespace {}", self.name))
    }

    /// Sends what goes to `network`/`prefix` by way of `gateway`.
    ///
    /// # Errors
    /// There is no way to the gateway.
    pub fn route(&self, network: Ipv4Addr, prefix: u8, gateway: Ipv4Addr) -> Result<()> {
        let added = self.netlink.add_route(network, prefix, gateway);
        added.with_context(|| format!("{}: cannot add a route by {gateway}", self.name))
    }

    /// Says which Ethernet address an IP address has, so that nobody needs to be asked for it (ARP).
    ///
    /// # Errors
    /// There is no such interface.
    pub fn neighbour(&self, interface: Interface, address: Ipv4Addr, mac: [u8; 6]) -> Result<()> {
        let added = self.netlink.add_neighbour(interface.index, address, mac);
        added.with_context(|| format!("{}: cannot add the neighbour {address}", self.name))
    }

    /// Gives the interface one more address.
    ///
    /// # Errors
    /// It has it already.
    pub fn add_address(&self, interface: Interface, address: Ipv4Addr) -> Result<()> {
        let added = self.netlink.add_address(interface.index, address, 32);
        added.with_context(|| format!("{}: cannot add the address {address}", self.name))
    }

    /// Lets packets through that are for somebody else, as a router does.
    ///
    /// # Errors
    /// /proc is not mounted.
    pub fn forward(&self) -> Result<()> {
        self.run(|| Ok(fs::write("/proc/sys/net/ipv4/ip_forward", "1")?))
            .with_context(|| format!("{} cannot become a router", self.name))
    }

    /// Makes packets that leave by the interface carry complete checksums.
    ///
    /// A packet on a cable between two namespaces never leaves this machine's memory, and so the kernel
    /// saves itself the work. But a program that changes a packet, or hands it on in XDP, then meets
    /// checksums that nobody has finished.
    ///
    /// # Errors
    /// The kernel has no such setting.
    pub fn complete_checksums(&self, interface: &str) -> Result<()> {
        self.run(|| ethtool::transmit_checksums_off(interface)).with_context(|| {
            format!("{}: cannot have complete checksums on {interface}", self.name)
        })
    }
}

/// Lays a cable between two namespaces. Both ends are up, have their address, and know each other's
/// Ethernet address.
///
/// # Errors
/// This kernel has no veth interfaces; the ends' names or addresses are taken.
pub fn cable(a: &End<'_>, b: &End<'_>) -> Result<[Interface; 2]> {
    let (a_mac, b_mac) = (mac_of(a.address), mac_of(b.address));
    a.namespace
        .netlink
        .add_veth((a.interface, a_mac), (b.interface, b_mac), b.namespace.file.as_fd())
        .with_context(|| format!("cannot join {} and {}", a.namespace.name, b.namespace.name))?;
    let (a_end, b_end) = (a.configure(a_mac)?, b.configure(b_mac)?);
    a.namespace.neighbour(a_end, b.address, b_mac)?;
    b.namespace.neighbour(b_end, a.address, a_mac)?;
    Ok([a_end, b_end])
}

impl End<'_> {
    fn configure(&self, mac: [u8; 6]) -> Result<Interface> {
        let Self { namespace, interface, address } = *self;
        let configure = || -> Result<u32> {
            let index = namespace.run(|| index_of(interface))?;
            namespace.netlink.add_address(index, address, PREFIX)?;
            namespace.netlink.set_up(index)?;
            Ok(index)
        };
        let index = configure()
            .with_context(|| format!("{}: cannot set up {interface}", namespace.name))?;
        Ok(Interface { index, mac, address })
    }
}

/// The number of an interface of the namespace in which we are.
///
/// # Errors
/// There is no such interface.
pub fn index_of(interface: &str) -> Result<u32> {
    use rustix::net::{AddressFamily, SocketType, netdevice, socket};

    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    netdevice::name_to_index(any, interface)
        .with_context(|| format!("cannot find the interface {interface}"))
}

/// An Ethernet address that belongs to no maker of hardware (its second lowest bit is set), from the IP
/// address: so it is the same on every run, and can be recognised in a dump.
fn mac_of(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x02, 0, a, b, c, d]
}

fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernet_addresses_are_made_from_ip_addresses() {
        assert_eq!(mac_of(Ipv4Addr::new(10, 8, 1, 254)), [0x02, 0, 10, 8, 1, 254]);
    }
}
