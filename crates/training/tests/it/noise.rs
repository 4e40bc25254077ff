//! Numbers that are the same in every run.

/// SplitMix64.
pub struct Noise(pub u64);

impl Noise {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `-most..=most`.
    pub fn within(&mut self, most: i32) -> i32 {
        (self.bits() % (2 * most as u64 + 1)) as i32 - most
    }

    pub fn vector(&mut self, length: usize, most: i32) -> Vec<i32> {
        (0..length).map(|_| self.within(most)).collect()
    }
}
