//! Typed JSON-RPC calls.

mod fees;
mod logs;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_sol_types::SolCall;
use serde::{Serialize, de::DeserializeOwned};

use self::logs::RangeLimit;
pub use self::{fees::FeeEstimate, logs::LogFilter};
use crate::{
    BlockTag, CallError, CallRequest, CriticalError, ErrorDecoder, L1Block, L1Error, L1Receipt, L1Transaction,
    Transport, ViewError,
};

/// A typed client of one L1 endpoint. Clones share what was learned about the endpoint's limits.
#[derive(Debug, Clone)]
pub struct L1Client {
    transport: Transport,
    errors: ErrorDecoder,
    log_range: Arc<RangeLimit>,
}

impl L1Client {
    pub fn new(transport: Transport) -> Self {
        Self { transport, errors: ErrorDecoder::default(), log_range: Arc::default() }
    }

    /// A client whose endpoint was checked to serve the chain that the configuration names.
    pub async fn connect(transport: Transport, chain_id: u64) -> Result<Self, L1Error> {
        let client = Self::new(transport);
        let got = client.chain_id().await?;
        if got != chain_id {
            return Err(CriticalError::WrongChain { expected: chain_id, got }.into());
        }
        Ok(client)
    }

    /// Uses `errors` to explain reverts.
    #[must_use]
    pub fn with_errors(mut self, errors: ErrorDecoder) -> Self {
        self.errors = errors;
        self
    }

    /// For methods that have no wrapper here (`evm_mine`, `debug_*`).
    pub async fn request<P: Serialize, R: DeserializeOwned>(&self, method: &str, params: P) -> Result<R, L1Error> {
        self.transport.request(method, params).await
    }

    pub async fn chain_id(&self) -> Result<u64, L1Error> {
        Ok(self.request::<_, U64>("eth_chainId", no_params()).await?.to())
    }

    pub async fn block_number(&self) -> Result<u64, L1Error> {
        Ok(self.request::<_, U64>("eth_blockNumber", no_params()).await?.to())
    }

    /// A block of the canonical chain, or `None` if the chain has no such block (yet).
    pub async fn block(&self, tag: impl Into<BlockTag>) -> Result<Option<L1Block>, L1Error> {
        let tag = tag.into();
        let block: Option<L1Block> = match self.request("eth_getBlockByNumber", (tag, false)).await {
            // Geth answers so before the first finality and for numbers above the head.
            Err(e) if is_unknown_block(&e) => None,
            answer => answer?,
        };
        match (&block, tag) {
            (Some(b), BlockTag::Number(n)) if b.number != n => {
                Err(L1Error::inconsistent("block has another number than asked for"))
            }
            _ => Ok(block),
        }
    }

    /// The newest block.
    pub async fn head(&self) -> Result<L1Block, L1Error> {
        self.block(BlockTag::Latest).await?.ok_or_else(|| L1Error::inconsistent("no latest block"))
    }

    /// A block by hash, canonical or not, or `None` if the endpoint does not know it.
    pub async fn block_by_hash(&self, hash: B256) -> Result<Option<L1Block>, L1Error> {
        let block: Option<L1Block> = match self.request("eth_getBlockByHash", (hash, false)).await {
            Err(e) if is_unknown_block(&e) => None,
            answer => answer?,
        };
        match &block {
            Some(b) if b.hash != hash => Err(L1Error::inconsistent("block has another hash than asked for")),
            _ => Ok(block),
        }
    }

    pub async fn transaction(&self, hash: B256) -> Result<Option<L1Transaction>, L1Error> {
        let tx: Option<L1Transaction> = self.request("eth_getTransactionByHash", (hash,)).await?;
        match &tx {
            Some(t) if t.hash != hash => Err(L1Error::inconsistent("transaction has another hash than asked for")),
            _ => Ok(tx),
        }
    }

    pub async fn receipt(&self, hash: B256) -> Result<Option<L1Receipt>, L1Error> {
        let receipt: Option<L1Receipt> = self.request("eth_getTransactionReceipt", (hash,)).await?;
        match &receipt {
            Some(r) if r.transaction_hash != hash => {
                Err(L1Error::inconsistent("receipt has another hash than asked for"))
            }
            _ => Ok(receipt),
        }
    }

    /// Number of transactions of `address`: mined ones up to `tag`, with [`BlockTag::Pending`] also those in the mempool.
    pub async fn nonce(&self, address: Address, tag: impl Into<BlockTag>) -> Result<u64, L1Error> {
        let nonce: U64 = self.request("eth_getTransactionCount", (address, tag.into())).await?;
        Ok(nonce.to())
    }

    /// In wei.
    pub async fn balance(&self, address: Address) -> Result<U256, L1Error> {
        self.request("eth_getBalance", (address, BlockTag::Latest)).await
    }

    pub async fn code(&self, address: Address) -> Result<Bytes, L1Error> {
        self.request("eth_getCode", (address, BlockTag::Latest)).await
    }

    /// Executes a call without a transaction.
    pub async fn call(&self, call: &CallRequest, tag: impl Into<BlockTag>) -> Result<Bytes, CallError> {
        self.request("eth_call", (call, tag.into())).await.map_err(|e| self.explain(e))
    }

    /// Calls a view at the head of the chain.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return, ViewError> {
        self.view_at(BlockTag::Latest, to, call).await
    }

    /// Calls a view at a block: what several calls return belongs together.
    pub async fn view_at<C: SolCall>(
        &self,
        tag: impl Into<BlockTag>,
        to: Address,
        call: C,
    ) -> Result<C::Return, ViewError> {
        let request = CallRequest { to: Some(to), data: call.abi_encode().into(), ..Default::default() };
        let output = self.call(&request, tag).await?;
        C::abi_decode_returns(&output).map_err(|error| ViewError::Foreign {
            to,
            signature: C::SIGNATURE,
            message: error.to_string(),
        })
    }

    /// The first block from `first` on that is not older than `timestamp`; the head if there is none.
    pub async fn block_since(&self, first: u64, timestamp: u64) -> Result<u64, L1Error> {
        let head = self.block_number().await?;
        let (mut low, mut high) = (first.min(head), head);
        while low < high {
            let middle = low + (high - low) / 2;
            let block = self.block(middle).await?;
            let block = block.ok_or_else(|| L1Error::inconsistent("no block below the head"))?;
            match block.timestamp < timestamp {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// Gas that the call needs on top of the state at `tag`.
    pub async fn estimate_gas(&self, call: &CallRequest, tag: impl Into<BlockTag>) -> Result<u64, CallError> {
        let gas: Result<U256, _> = self.request("eth_estimateGas", (call, tag.into())).await;
        gas.map(|g| g.saturating_to()).map_err(|e| self.explain(e))
    }

    /// Hands a signed transaction to the mempool; returns the hash that the endpoint computed.
    pub async fn send_raw_transaction(&self, raw: &Bytes) -> Result<B256, L1Error> {
        self.request("eth_sendRawTransaction", (raw,)).await
    }

    fn explain(&self, error: L1Error) -> CallError {
        match error.as_rpc().and_then(|e| self.errors.revert_in(e)) {
            Some(revert) => CallError::Reverted(revert),
            None => CallError::L1(error),
        }
    }
}

const fn no_params() -> [(); 0] {
    []
}

/// The endpoint does not have the block: not yet, not any more, or this chain has no such tag.
pub(crate) fn is_unknown_block(error: &L1Error) -> bool {
    error.as_rpc().is_some_and(|e| {
        let message = e.message.to_lowercase();
        ["unknown block", "block not found", "header not found", "cannot find block"]
            .iter()
            .any(|m| message.contains(m))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::FakeL1;

    #[tokio::test]
    async fn reads_whatever_chain_this_is() {
        let fake = FakeL1::new();
        fake.mine_many(3);
        let client = L1Client::connect(fake.transport(), 1337).await.unwrap();
        let wrong = L1Client::connect(fake.transport(), 1).await.unwrap_err();
        assert_eq!(wrong, CriticalError::WrongChain { expected: 1, got: 1337 }.into());

        let head = client.head().await.unwrap();
        assert_eq!((head.number, client.block_number().await.unwrap()), (3, 3));
        assert_eq!(client.block(3).await.unwrap(), Some(head.clone()));
        assert_eq!(client.block_by_hash(head.hash).await.unwrap(), Some(head));
        assert_eq!(client.block(4).await.unwrap(), None);
        // Chains without finality, or before the first one.
        assert_eq!(client.block(BlockTag::Finalized).await.unwrap(), None);
        assert_eq!(client.block_by_hash(B256::ZERO).await.unwrap(), None);
        assert_eq!(client.receipt(B256::ZERO).await.unwrap(), None);
        assert_eq!(client.transaction(B256::ZERO).await.unwrap(), None);
        assert!(client.balance(Address::ZERO).await.unwrap() > U256::ZERO);
        assert!(client.code(Address::ZERO).await.unwrap().is_empty());
        assert_eq!(client.nonce(Address::ZERO, 2).await.unwrap(), 0);

        fake.with(|s| s.disabled.extend(["eth_call"]));
        let call = client.call(&CallRequest::default(), BlockTag::Latest).await;
        assert!(matches!(call, Err(CallError::L1(L1Error::Critical(CriticalError::Unsupported { .. })))));
    }

    #[tokio::test]
    async fn remembers_the_range_that_works_and_tries_larger_ones_later() {
        let fake = FakeL1::new();
        fake.mine_many(1000);
        fake.with(|s| s.max_log_range = 100);
        let client = fake.client();
        let filter = LogFilter::addresses([Address::ZERO]);
        client.logs(&filter, 0, 1000).await.unwrap();
        let before = fake.with(|s| s.requests);
        client.logs(&filter, 0, 1000).await.unwrap();
        assert!(fake.with(|s| s.requests) - before <= 18, "the refused ranges are not tried again");
        fake.with(|s| s.max_log_range = u64::MAX);
        for _ in 0..200 {
            client.logs(&filter, 0, 1000).await.unwrap();
        }
        let before = fake.with(|s| s.requests);
        client.logs(&filter, 0, 1000).await.unwrap();
        assert!(fake.with(|s| s.requests) - before <= 4);
        // A block that holds too much cannot be split.
        fake.with(|s| {
            (0..3).for_each(|_| s.emit(Address::ZERO, B256::ZERO));
            s.mine();
            s.max_log_results = 2;
        });
        assert!(client.logs(&filter, 0, 1001).await.unwrap_err().is_temporary());
    }
}
