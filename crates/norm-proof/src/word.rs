/// A word of the masked vector, `u32` or `u64`: coordinates are in it in two's complement, sums wrap around.
pub trait Word: sealed::Word {}
impl Word for u32 {}
impl Word for u64 {}

pub(crate) mod sealed {
    pub trait Word: Copy {
        const BITS: u32;
        fn from_coordinate(coordinate: i32) -> Self;
        fn from_limb(limb: u16) -> Self;
        fn signed(self) -> i64;
        fn unsigned(self) -> u64;
    }

    impl Word for u32 {
        const BITS: u32 = 32;

        fn from_coordinate(coordinate: i32) -> Self {
            coordinate as Self
        }

        fn from_limb(limb: u16) -> Self {
            limb.into()
        }

        fn signed(self) -> i64 {
            (self as i32).into()
        }

        fn unsigned(self) -> u64 {
            self.into()
        }
    }

    impl Word for u64 {
        const BITS: u32 = 64;

        fn from_coordinate(coordinate: i32) -> Self {
            i64::from(coordinate) as Self
        }

        fn from_limb(limb: u16) -> Self {
            limb.into()
        }

        fn signed(self) -> i64 {
            self as i64
        }

        fn unsigned(self) -> u64 {
            self
        }
    }
}
