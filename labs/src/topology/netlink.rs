//! Changes to the interfaces of a namespace, by rtnetlink (see rtnetlink(7)): one message at a time, each
//! acknowledged by the kernel before the next.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::{Mutex, PoisonError};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::{Socket, protocols::NETLINK_ROUTE};

const ADD: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// A socket to the network part of the kernel. It speaks of the namespace in which it was opened,
/// whoever uses it.
#[derive(Debug)]
pub(super) struct Netlink {
    socket: Mutex<Socket>,
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { socket: Mutex::new(connected(NETLINK_ROUTE)?) })
    }

    /// A pair of interfaces: one here, its peer in the namespace of the open file `there`.
    pub(super) fn add_veth(
        &self,
        here: (&str, [u8; 6]),
        peer: (&str, [u8; 6]),
        there: BorrowedFd<'_>,
    ) -> io::Result<()> {
        let named = |(name, mac): (&str, [u8; 6])| {
            let mut link = LinkMessage::default();
            link.attributes.push(LinkAttribute::IfName(name.to_owned()));
            link.attributes.push(LinkAttribute::Address(mac.to_vec()));
            link
        };
        let mut other = named(peer);
        other.attributes.push(LinkAttribute::NetNsFd(there.as_raw_fd()));
        let mut link = named(here);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(other))),
        ]));
        self.ask(RouteNetlinkMessage::NewLink(link), ADD)
    }

    pub(super) fn set_up(&self, interface: u32) -> io::Result<()> {
        let mut link = LinkMessage::default();
        link.header.index = interface;
        link.header.flags = LinkFlags::Up;
        link.header.change_mask = LinkFlags::Up;
        self.ask(RouteNetlinkMessage::NewLink(link), 0)
    }

    pub(super) fn add_address(
        &self,
        interface: u32,
        address: Ipv4Addr,
        prefix: u8,
    ) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = prefix;
        message.header.index = interface;
        message.attributes.push(AddressAttribute::Local(IpAddr::V4(address)));
        message.attributes.push(AddressAttribute::Address(IpAddr::V4(address)));
        self.ask(RouteNetlinkMessage::NewAddress(message), ADD)
    }

    pub(super) fn add_route(
        &self,
        network: Ipv4Addr,
        prefix: u8,
        gateway: Ipv4Addr,
    ) -> io::Result<()> {
        let mut message = RouteMessage::default();
        message.header = RouteHeader {
            address_family: AddressFamily::Inet,
            destination_prefix_length: prefix,
            table: RouteHeader::RT_TABLE_MAIN,
            protocol: RouteProtocol::Static,
            scope: RouteScope::Universe,
            kind: RouteType::Unicast,
            ..RouteHeader::default()
        };
        message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet(network)));
        message.attributes.push(RouteAttribute::Gateway(RouteAddress::Inet(gateway)));
        self.ask(RouteNetlinkMessage::NewRoute(message), ADD)
    }

    pub(super) fn add_neighbour(
        &self,
        interface: u32,
        address: Ipv4Addr,
        mac: [u8; 6],
    ) -> io::Result<()> {
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.ifindex = interface;
        message.header.state = NeighbourState::Permanent;
        message.attributes.push(NeighbourAttribute::Destination(NeighbourAddress::Inet(address)));
        message.attributes.push(NeighbourAttribute::LinkLayerAddress(mac.to_vec()));
        self.ask(RouteNetlinkMessage::NewNeighbour(message), ADD)
    }

    fn ask(&self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        request(&socket, message, flags | NLM_F_ACK).map(drop)
    }
}

/// A netlink socket whose other end is the kernel.
pub(super) fn connected(protocol: isize) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&netlink_sys::SocketAddr::new(0, 0))?;
    Ok(socket)
}

/// Sends a message and waits for the answer: none, when it is a plain acknowledgement.
pub(super) fn request<M>(socket: &Socket, message: M, flags: u16) -> io::Result<Option<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable,
{
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;

    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::<M>::deserialize(&answer)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    match answer.payload {
        NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
        NetlinkPayload::InnerMessage(answer) => Ok(Some(answer)),
        _ => Ok(None),
    }
}
