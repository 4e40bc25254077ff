//! What an inbox takes.

/// Bounds of an [`crate::Inbox`].
#[derive(Clone, Copy, Debug)]
pub struct InboxLimits {
    /// Transactions that are kept on disk at a time.
    pub max_waiting: usize,
    /// Bytes of their envelopes together.
    pub max_waiting_bytes: usize,
    /// How long one is kept that gets into no block, seconds.
    pub lifetime: u64,
    /// How many times one is given to the pool again that left it without a block.
    pub max_offers: u8,
}

impl Default for InboxLimits {
    fn default() -> Self {
        Self { max_waiting: 20_000, max_waiting_bytes: 128 << 20, lifetime: 86_400, max_offers: 16 }
    }
}

/// Largest question, and largest answer, of an encrypted call, bytes.
pub(crate) const MAX_CALL_BYTES: usize = 1 << 20;
pub(crate) const MAX_REPLY_BYTES: usize = 8 << 20;
