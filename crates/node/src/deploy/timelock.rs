//! Calls by the owner of a rollup, which is a timelock.

use crate::NodeError;
use crate::rollup::to_u64;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, sol};
use lux_l1::{TxManager, TxRequest};

sol! {
    /// OpenZeppelin's `TimelockController`.
    interface ITimelock {
        function scheduleBatch(
            address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads,
            bytes32 predecessor, bytes32 salt, uint256 delay
        ) external;
        function executeBatch(
            address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads,
            bytes32 predecessor, bytes32 salt
        ) external payable;
        function hashOperationBatch(
            address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads,
            bytes32 predecessor, bytes32 salt
        ) external pure returns (bytes32);
        function getTimestamp(bytes32 id) external view returns (uint256);
        function getMinDelay() external view returns (uint256);
        function hasRole(bytes32 role, address account) external view returns (bool);
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function updateDelay(uint256 newDelay) external;
    }
}

const ROLES: [&str; 3] = ["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"];
/// What `getTimestamp` says of an operation that was carried out.
const DONE: U256 = U256::from_limbs([1, 0, 0, 0]);

/// Where an operation of a timelock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerCall {
    /// Carried out.
    Done,
    /// Scheduled: the same request after this time, in seconds since 1970, carries it out.
    Waiting { until: u64 },
}

/// A call by the owner.
pub(super) type Call = (Address, Bytes);

/// Schedules the calls as one operation, unless they are, and carries it out once its delay is over. `salt` tells equal
/// operations apart.
pub(super) async fn carry_out(
    transactions: &TxManager,
    timelock: Address,
    calls: &[Call],
    salt: B256,
) -> Result<OwnerCall, NodeError> {
    let l1 = transactions.client();
    let targets: Vec<Address> = calls.iter().map(|(to, _)| *to).collect();
    let values = vec![U256::ZERO; calls.len()];
    let payloads: Vec<Bytes> = calls.iter().map(|(_, data)| data.clone()).collect();
    let predecessor = B256::ZERO;
    let execute = ITimelock::executeBatchCall { targets, values, payloads, predecessor, salt };
    let (targets, values, payloads) = (execute.targets.clone(), execute.values.clone(), execute.payloads.clone());
    let hash = ITimelock::hashOperationBatchCall { targets, values, payloads, predecessor, salt };
    let id = l1.view(timelock, hash).await?;
    let mut ready_at = l1.view(timelock, ITimelock::getTimestampCall { id }).await?;
    if ready_at.is_zero() {
        require_proposer(transactions, timelock).await?;
        let delay = l1.view(timelock, ITimelock::getMinDelayCall {}).await?;
        let (targets, values, payloads) = (execute.targets.clone(), execute.values.clone(), execute.payloads.clone());
        let schedule = ITimelock::scheduleBatchCall { targets, values, payloads, predecessor, salt, delay };
        send(transactions, timelock, format!("timelock/{id}/schedule"), schedule.abi_encode()).await?;
        ready_at = l1.view(timelock, ITimelock::getTimestampCall { id }).await?;
    }
    if ready_at == DONE {
        return Ok(OwnerCall::Done);
    }
    let until = to_u64(ready_at)?;
    if l1.head().await?.timestamp < until {
        return Ok(OwnerCall::Waiting { until });
    }
    send(transactions, timelock, format!("timelock/{id}/execute"), execute.abi_encode()).await?;
    Ok(OwnerCall::Done)
}

/// Calls by which a timelock goes from the account that set it up to `admin`, with its final delay in seconds.
pub(super) fn hand_over(timelock: Address, from: Address, admin: Address, delay: u64) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    if from != admin {
        for role in ROLES.map(keccak256) {
            let grant = ITimelock::grantRoleCall { role, account: admin };
            let revoke = ITimelock::revokeRoleCall { role, account: from };
            calls.push((timelock, grant.abi_encode().into()));
            calls.push((timelock, revoke.abi_encode().into()));
        }
    }
    if delay > 0 {
        calls.push((timelock, ITimelock::updateDelayCall { newDelay: U256::from(delay) }.abi_encode().into()));
    }
    calls
}

async fn require_proposer(transactions: &TxManager, timelock: Address) -> Result<(), NodeError> {
    let account = transactions.address();
    let role = keccak256(ROLES[0]);
    if transactions.client().view(timelock, ITimelock::hasRoleCall { role, account }).await? {
        return Ok(());
    }
    Err(NodeError::Config(format!(
        "{account} may not propose to {timelock}, which owns the rollup: use the key of the rollup's admin"
    )))
}

async fn send(transactions: &TxManager, to: Address, id: String, data: Vec<u8>) -> Result<(), NodeError> {
    transactions.send(TxRequest::call(id, to, data)).await?;
    Ok(())
}
