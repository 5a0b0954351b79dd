//! Small random numbers: PCG (O'Neill 2014), one stream per seed.

/// A generator; equal seeds give equal numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    #[inline(always)]
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03);
        random.next();
        random
    }

    #[inline(always)]
    pub(crate) fn next(&mut self) -> u32 {
        let old = self.0;
        self.0 = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((((old >> 18) ^ old) >> 27) as u32).rotate_right((old >> 59) as u32)
    }

    /// Less than `limit`.
    #[inline(always)]
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(limit)) >> 32) as u32
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f32 {
        (self.next() >> 8) as f32 / (1 << 24) as f32
    }

    /// Normal, mean 0 and deviation 1 (Box, Muller 1958).
    pub(crate) fn normal(&mut self) -> f32 {
        let (u, v) = (self.share().max(1e-7), self.share());
        (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
    }

    /// `count` different numbers below `limit`, ascending.
    pub(crate) fn sample(&mut self, limit: usize, count: usize) -> Vec<u32> {
        let mut all: Vec<u32> = (0..limit as u32).collect();
        let count = count.min(limit);
        for at in 0..count {
            let other = at + self.below((limit - at) as u32) as usize;
            all.swap(at, other);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }
}
