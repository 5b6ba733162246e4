//! What an object's BTF says: where a global variable lies, and which members a structure has.
//!
//! BTF is the description of types that clang puts into an object. With it a lab need not know in
//! advance what a record looks like, or in which order the compiler has laid out the globals.

use anyhow::{Context, Result, bail};
use libbpf_rs::btf::types::{Array, DataSec, Int, IntEncoding, MemberAttr, Struct, Var};
use libbpf_rs::btf::{Btf, BtfType};
use libbpf_rs::{HasSize, MapCore, MapFlags, Object, OpenObject};

use crate::Lab;

/// A member of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in C.
    pub name: String,
    /// Where it begins, in bytes from the beginning of the structure.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a member is, as far as it can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number without a sign.
    Unsigned,
    /// A number with a sign.
    Signed,
    /// An array of `char`: text up to the first zero byte.
    Text,
    /// Anything else.
    Other,
}

impl Member {
    /// The member of this record, printed; none when the record is shorter.
    pub fn text(&self, record: &[u8]) -> Option<String> {
        let bytes = record.get(self.offset..self.offset.checked_add(self.size)?)?;
        Some(match (self.kind, self.number(record)) {
            (Kind::Text, _) => {
                let text = bytes.split(|&byte| byte == 0).next()?;
                String::from_utf8_lossy(text).into_owned()
            }
            (Kind::Signed, Some(number)) => {
                let unused = 64 - 8 * self.size as u32;
                ((number << unused) as i64 >> unused).to_string()
            }
            (Kind::Unsigned, Some(number)) => number.to_string(),
            _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The member of this record as a number without a sign; none when it is no number of 1, 2, 4 or 8
    /// bytes.
    pub fn number(&self, record: &[u8]) -> Option<u64> {
        let bytes = record.get(self.offset..self.offset.checked_add(self.size)?)?;
        Some(match self.size {
            1 => bytes[0].into(),
            2 => u16::from_ne_bytes(bytes.try_into().ok()?).into(),
            4 => u32::from_ne_bytes(bytes.try_into().ok()?).into(),
            8 => u64::from_ne_bytes(bytes.try_into().ok()?),
            _ => return None,
        })
    }
}

/// The members of a structure that the object's BTF describes, in their order; none when it has no such
/// structure. clang describes a type only when a map, a function or a global variable has it.
///
/// # Errors
/// The object has no BTF.
pub fn members(object: &Object, structure: &str) -> Result<Option<Vec<Member>>> {
    let btf = object.btf()?.context("the object has no BTF: compile it with -g")?;
    Ok(btf.type_by_name::<Struct<'_>>(structure).map(|found| members_of(&btf, &found)))
}

/// The members of a structure in any BTF: an object's, or the kernel's. Bit fields are left out.
pub fn members_of(btf: &Btf<'_>, structure: &Struct<'_>) -> Vec<Member> {
    let member = |index| {
        let member = structure.get(index)?;
        let MemberAttr::Normal { offset } = member.attr else { return None };
        let ty = btf.type_by_id::<BtfType<'_>>(member.ty)?.skip_mods_and_typedefs();
        let name = member.name?.to_string_lossy().into_owned();
        let (size, kind) = size_and_kind(ty);
        Some(Member { name, offset: offset as usize / 8, size, kind })
    };
    (0..structure.len()).filter_map(member).collect()
}

fn size_and_kind(ty: BtfType<'_>) -> (usize, Kind) {
    if let Ok(array) = Array::try_from(ty) {
        let of = array.contained_type().skip_mods_and_typedefs();
        let (size, _) = size_and_kind(of);
        let is_char = Int::try_from(of).is_ok_and(|int| int.bits == 8);
        let kind = if is_char { Kind::Text } else { Kind::Other };
        return (size * array.capacity(), kind);
    }
    let kind = match Int::try_from(ty) {
        Ok(int) if matches!(int.encoding, IntEncoding::Signed) => Kind::Signed,
        Ok(_) => Kind::Unsigned,
        Err(_) => Kind::Other,
    };
    (sized(ty), kind)
}

/// The size in bytes of a type that has one.
fn sized(ty: BtfType<'_>) -> usize {
    libbpf_rs::btf_type_match!(match ty {
        BtfKind::Int(t) => t.size(),
        BtfKind::Struct(t) => t.size(),
        BtfKind::Union(t) => t.size(),
        BtfKind::Enum(t) => t.size(),
        BtfKind::Enum64(t) => t.size(),
        BtfKind::Float(t) => t.size(),
        BtfKind::Ptr => size_of::<usize>(),
        _ => 0,
    })
}

impl Lab {
    /// Gives a `const volatile` variable its value. It is in `.rodata`, which the kernel freezes when
    /// the object is loaded: the verifier then knows the value, and drops the code that it rules out.
    ///
    /// # Errors
    /// The object has no such variable, or it has another size than `value`.
    pub fn set_constant(&self, object: &mut OpenObject, name: &str, value: &[u8]) -> Result<()> {
        let bytes = self.object_bytes()?;
        let btf = Btf::from_raw("types", &bytes)?.context("the object has no BTF")?;
        let (offset, size) = place(&btf, ".rodata", name)
            .with_context(|| format!("the object has no constant {name}"))?;
        if size != value.len() {
            bail!("the constant {name} has {size} bytes, not {}", value.len());
        }
        let mut maps = object.maps_mut();
        let mut map = maps
            .find(|map| map.name().to_string_lossy().ends_with(".rodata"))
            .context("the object has no constants")?;
        let all = map.initial_value_mut().context("the constants have no value")?;
        let place = all.get_mut(offset..offset + size);
        place.with_context(|| format!("{name} lies outside of .rodata"))?.copy_from_slice(value);
        Ok(())
    }

    /// The bytes of a global variable now; none when the object has no such variable in this section.
    ///
    /// # Errors
    /// The kernel does not give its memory.
    pub fn variable(&self, object: &Object, section: &str, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(btf) = object.btf()? else { return Ok(None) };
        let Some((offset, size)) = place(&btf, section, name) else { return Ok(None) };
        let values = self.map(object, section)?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
        Ok(values.and_then(|values| Some(values.get(offset..offset + size)?.to_vec())))
    }
}

/// Where in its section a variable lies, and how many bytes it has.
fn place(btf: &Btf<'_>, section: &str, name: &str) -> Option<(usize, usize)> {
    let section = btf.type_by_name::<DataSec<'_>>(section)?;
    (0..section.len()).filter_map(|index| section.get(index)).find_map(|variable| {
        let var = btf.type_by_id::<Var<'_>>(variable.ty)?;
        (var.name()? == name).then_some((variable.offset as usize, variable.size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(offset: usize, size: usize, kind: Kind) -> Member {
        Member { name: "x".into(), offset, size, kind }
    }

    #[test]
    fn members_print_as_what_they_are() {
        let mut record = (-2i32).to_ne_bytes().to_vec();
        record.extend(7u64.to_ne_bytes());
        record.extend(b"rw\0\xff");
        for (member, expected) in [
            (member(0, 4, Kind::Signed), Some("-2")),
            (member(0, 4, Kind::Unsigned), Some("4294967294")),
            (member(4, 8, Kind::Unsigned), Some("7")),
            (member(12, 4, Kind::Text), Some("rw")),
            (member(12, 2, Kind::Other), Some("7277")),
            (member(12, 8, Kind::Unsigned), None),
            (member(usize::MAX, 8, Kind::Unsigned), None),
        ] {
            assert_eq!(member.text(&record).as_deref(), expected, "{member:?}");
        }
    }
}
