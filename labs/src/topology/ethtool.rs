//! One setting of an interface that rtnetlink does not know: whether the kernel may leave the checksums of
//! outgoing packets to the hardware. `ethtool -K NAME tx-checksum-ip-generic off`, as a message of generic
//! netlink (Documentation/networking/ethtool-netlink.rst).

use anyhow::{Context, Result};
use netlink_packet_core::{DecodeError, DefaultNla, Emitable, NLM_F_ACK, ParseableParametrized};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use netlink_sys::{Socket, protocols::NETLINK_GENERIC};

use super::netlink::{connected, request};

/// `NETIF_F_HW_CSUM`, as the kernel calls it to user space.
const CHECKSUMS: &str = "tx-checksum-ip-generic";

const ETHTOOL_MSG_FEATURES_SET: u8 = 12;
const ETHTOOL_A_FEATURES_HEADER: u16 = 1;
const ETHTOOL_A_HEADER_DEV_NAME: u16 = 2;
const ETHTOOL_A_HEADER_FLAGS: u16 = 3;
/// An acknowledgement will do.
const ETHTOOL_FLAG_OMIT_REPLY: u32 = 1 << 1;
const ETHTOOL_A_FEATURES_WANTED: u16 = 3;
const ETHTOOL_A_BITSET_BITS: u16 = 3;
const ETHTOOL_A_BITSET_BITS_BIT: u16 = 1;
const ETHTOOL_A_BITSET_BIT_NAME: u16 = 2;
const NLA_F_NESTED: u16 = 1 << 15;

/// For an interface of the namespace in which we are.
pub(super) fn transmit_checksums_off(interface: &str) -> Result<()> {
    let socket = connected(NETLINK_GENERIC)?;
    let family = ethtool_family(&socket)?;
    // A bit that is named without a value is a bit to be cleared.
    let bit = nested(ETHTOOL_A_BITSET_BITS_BIT, &[text(ETHTOOL_A_BITSET_BIT_NAME, CHECKSUMS)]);
    let bits = nested(ETHTOOL_A_BITSET_BITS, &[bit]);
    let header = [
        text(ETHTOOL_A_HEADER_DEV_NAME, interface),
        DefaultNla::new(ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_OMIT_REPLY.to_ne_bytes().to_vec()),
    ];
    let message = SetFeatures {
        header: nested(ETHTOOL_A_FEATURES_HEADER, &header),
        wanted: nested(ETHTOOL_A_FEATURES_WANTED, &[bits]),
    };
    let header = GenlHeader { cmd: message.command(), version: message.version() };
    request(&socket, GenlMessage::new(header, message, family), NLM_F_ACK)?;
    Ok(())
}

/// The number that this kernel has given to the family of messages.
fn ethtool_family(socket: &Socket) -> Result<u16> {
    let question = GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: vec![GenlCtrlAttrs::FamilyName(SetFeatures::family_name().to_owned())],
    };
    let answer = request(socket, GenlMessage::from_payload(question), 0)?;
    let answer = answer.context("the kernel does not speak ethtool's netlink")?;
    let number = answer.payload.nlas.iter().find_map(|attribute| match attribute {
        GenlCtrlAttrs::FamilyId(number) => Some(*number),
        _ => None,
    });
    number.context("the kernel does not speak ethtool's netlink")
}

fn nested(kind: u16, inner: &[DefaultNla]) -> DefaultNla {
    let mut bytes = vec![0; inner.buffer_len()];
    inner.emit(&mut bytes);
    DefaultNla::new(kind | NLA_F_NESTED, bytes)
}

fn text(kind: u16, text: &str) -> DefaultNla {
    DefaultNla::new(kind, [text.as_bytes(), &[0]].concat())
}

/// `ETHTOOL_MSG_FEATURES_SET`.
#[derive(Debug)]
struct SetFeatures {
    header: DefaultNla,
    wanted: DefaultNla,
}

impl GenlFamily for SetFeatures {
    fn family_name() -> &'static str {
        "ethtool"
    }

    fn command(&self) -> u8 {
        ETHTOOL_MSG_FEATURES_SET
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for SetFeatures {
    fn buffer_len(&self) -> usize {
        self.header.buffer_len() + self.wanted.buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        let (header, wanted) = buffer.split_at_mut(self.header.buffer_len());
        self.header.emit(header);
        self.wanted.emit(wanted);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for SetFeatures {
    fn parse_with_param(_: &[u8], _: GenlHeader) -> Result<Self, DecodeError> {
        Err(DecodeError::from("answers are not read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Nla;

    #[test]
    fn attributes_are_nested_and_padded() {
        let inner = text(ETHTOOL_A_HEADER_DEV_NAME, "lo");
        let outer = nested(ETHTOOL_A_FEATURES_HEADER, &[inner]);
        assert!(outer.kind() & !NLA_F_NESTED == ETHTOOL_A_FEATURES_HEADER);
        let mut bytes = vec![0; outer.buffer_len()];
        outer.emit(&mut bytes);
        assert_eq!(bytes.len(), 12, "two headers, and the name with its end, padded to 4 bytes");
        assert_eq!(&bytes[8..], b"lo\0\0");
    }
}
