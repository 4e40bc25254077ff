//! Merkle proofs as `eth_getProof` (EIP-1186) gives them.

use crate::{EMPTY_ROOT_HASH, NodeSource, ProofError, TrieError, walk::walk};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::EMPTY_STRING_CODE;

/// Encodings of the hashed nodes from the root to the value of `key`, or to where its absence shows.
///
/// Embedded nodes are inside their parents and not listed. The proof from an empty trie is empty.
pub fn prove<S: NodeSource>(source: &S, root: B256, key: &[u8]) -> Result<Vec<Bytes>, TrieError<S::Error>> {
    let mut proof = Vec::new();
    walk(root, key, |hash| {
        let node = source.node(hash).map_err(TrieError::<S::Error>::Source)?;
        proof.push(node.clone());
        Ok::<_, TrieError<S::Error>>(node)
    })?;
    Ok(proof)
}

/// Checks that `proof` shows the value of `key` to be `expected`, or the key to be absent if that is `None`.
///
/// The proof must consist of the needed nodes and no others. For an empty trie, some clients list the empty node
/// (`0x80`), which is accepted too.
pub fn verify_proof(root: B256, key: &[u8], expected: Option<&[u8]>, proof: &[Bytes]) -> Result<(), ProofError> {
    let proof = match proof {
        [node] if root == EMPTY_ROOT_HASH && node[..] == [EMPTY_STRING_CODE] => &[],
        _ => proof,
    };
    let mut nodes = proof.iter().enumerate();
    let value = walk(root, key, |&expected| {
        let (index, node) = nodes.next().ok_or(ProofError::Truncated(expected))?;
        if keccak256(node) != expected {
            return Err(ProofError::HashMismatch { index, expected });
        }
        Ok(node.clone())
    })?;
    if nodes.len() > 0 {
        return Err(ProofError::UnusedNodes(nodes.len()));
    }
    if value.as_ref().map(|value| &value[..]) != expected {
        return Err(ProofError::ValueMismatch);
    }
    Ok(())
}
