//! The versions of a chip's firmware, packed into eight bytes.

use crate::Svn;
use alloc::vec::Vec;

/// The generation of a chip, which decides on the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Milan,
    Genoa,
    Turin,
}

impl Product {
    /// From the product's name in a VCEK, such as `Milan-B0`, or in the name of an issuer.
    pub fn named(name: &str) -> Option<Self> {
        let products = [("Milan", Self::Milan), ("Genoa", Self::Genoa), ("Turin", Self::Turin)];
        let same = |prefix: &str| name == prefix || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'));
        products.into_iter().find(|(prefix, _)| same(prefix)).map(|(_, product)| product)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Milan => "Milan",
            Self::Genoa => "Genoa",
            Self::Turin => "Turin",
        }
    }
}

/// What a report calls the components of one of its TCBs.
type Names = [&'static str; 5];

/// What the endorsement key was derived for.
pub(super) const REPORTED: Names = ["bootloader", "tee", "snp", "microcode", "fmc"];
/// What the firmware can no longer be set back below.
pub(super) const COMMITTED: Names =
    ["committed-bootloader", "committed-tee", "committed-snp", "committed-microcode", "committed-fmc"];
/// What ran when the guest was launched or moved here.
pub(super) const LAUNCH: Names = ["launch-bootloader", "launch-tee", "launch-snp", "launch-microcode", "launch-fmc"];
/// What runs now.
pub(super) const CURRENT: Names =
    ["current-bootloader", "current-tee", "current-snp", "current-microcode", "current-fmc"];

/// Versions of the components; the FMC is Turin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tcb {
    pub fmc: Option<u8>,
    pub bootloader: u8,
    pub tee: u8,
    pub snp: u8,
    pub microcode: u8,
}

impl Tcb {
    pub const fn unpack(product: Product, bytes: [u8; 8]) -> Self {
        match product {
            Product::Milan | Product::Genoa => {
                Self { fmc: None, bootloader: bytes[0], tee: bytes[1], snp: bytes[6], microcode: bytes[7] }
            }
            Product::Turin => {
                Self { fmc: Some(bytes[0]), bootloader: bytes[1], tee: bytes[2], snp: bytes[3], microcode: bytes[7] }
            }
        }
    }

    /// In the layout of a report, for messages.
    pub fn bytes(self) -> Vec<u8> {
        self.fmc.into_iter().chain([self.bootloader, self.tee, self.snp, self.microcode]).collect()
    }

    pub fn svns(self, names: Names) -> impl Iterator<Item = Svn> {
        let svns = [self.bootloader, self.tee, self.snp, self.microcode].into_iter().chain(self.fmc);
        names.into_iter().zip(svns).map(|(component, svn)| Svn { component, svn: svn.into() })
    }
}
