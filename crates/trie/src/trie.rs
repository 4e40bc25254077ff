//! The trie that callers hold.

use crate::{
    NodeSource, TrieError,
    hash::Sealer,
    insert::insert,
    nibbles::{MAX_KEY_LEN, Nibbles},
    node::Place,
    remove::remove,
    tree::{Link, Memo},
};
use alloy_primitives::{B256, Bytes, b256};

/// Root of a trie without entries: `keccak256(0x80)`.
pub const EMPTY_ROOT_HASH: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// A Merkle-Patricia trie of which only the touched part is in memory.
///
/// Every operation takes the source of the nodes that are not there yet; all sources given to one trie must serve the
/// same nodes. An operation that fails leaves the entries as they were.
#[derive(Debug, Clone)]
pub struct Trie {
    root: Link,
    /// As for any node, except that the root has a hash even if it is short.
    memo: Memo,
}

impl Default for Trie {
    fn default() -> Self {
        Self::empty()
    }
}

impl Trie {
    /// The trie with this root; nothing is fetched yet.
    pub fn new(root: B256) -> Self {
        let link = if root == EMPTY_ROOT_HASH { Link::Empty } else { Link::Hash(root) };
        Self { root: link, memo: Memo::Stored(root) }
    }

    /// The trie without entries.
    pub fn empty() -> Self {
        Self::new(EMPTY_ROOT_HASH)
    }

    /// Value of `key`. Keeps the nodes on the way in memory.
    pub fn get<S: NodeSource>(&mut self, source: &S, key: &[u8]) -> Result<Option<Bytes>, TrieError<S::Error>> {
        let (mut link, mut rest) = (&mut self.root, Nibbles::of_key(key));
        let mut place = Place::Root;
        loop {
            link.resolve(source, place, 2 * key.len() - rest.len())?;
            match link {
                Link::Leaf(leaf) if leaf.path.as_nibbles() == rest => {
                    return Ok(Some(leaf.value.clone()));
                }
                Link::Extension(extension) => match rest.strip_prefix(extension.path.as_nibbles()) {
                    Some(below) => (link, rest, place) = (&mut extension.child, below, Place::Extension),
                    None => return Ok(None),
                },
                Link::Branch(branch) => match rest.split_first() {
                    Some((nibble, below)) => {
                        (link, rest, place) = (&mut branch.children[nibble], below, Place::Branch);
                    }
                    None => return Ok((!branch.value.is_empty()).then(|| branch.value.clone())),
                },
                // A hash was resolved above.
                Link::Empty | Link::Hash(_) | Link::Leaf(_) => return Ok(None),
            }
        }
    }

    /// Sets the value of `key`. An empty value is no value: it removes the key.
    pub fn insert<S: NodeSource>(
        &mut self,
        source: &S,
        key: &[u8],
        value: impl Into<Bytes>,
    ) -> Result<(), TrieError<S::Error>> {
        let value = value.into();
        if value.is_empty() {
            return self.remove(source, key).map(drop);
        }
        if key.len() > MAX_KEY_LEN {
            return Err(TrieError::KeyTooLong(key.len()));
        }
        if insert(&mut self.root, source, Place::Root, 0, Nibbles::of_key(key), value)? {
            self.memo = Memo::Dirty;
        }
        Ok(())
    }

    /// Removes `key` and says whether it was there.
    ///
    /// If that leaves a branch with a single child, the child is fetched, since their paths merge.
    pub fn remove<S: NodeSource>(&mut self, source: &S, key: &[u8]) -> Result<bool, TrieError<S::Error>> {
        let removed = remove(&mut self.root, source, Place::Root, 0, Nibbles::of_key(key))?;
        if removed {
            self.memo = Memo::Dirty;
        }
        Ok(removed)
    }

    /// Root hash. Hashes what changed since the last call.
    pub fn root(&mut self) -> B256 {
        match self.memo {
            Memo::New(root) | Memo::Stored(root) => root,
            Memo::Dirty => {
                let (root, _) = Sealer::hashing().seal_root(&mut self.root);
                self.memo = Memo::New(root);
                root
            }
        }
    }

    /// Gives every node that the source does not have yet to `sink`, children first, and returns the root hash.
    ///
    /// These are the nodes with an encoding of 32 bytes or more, and the root whatever its length. A node that changed
    /// and changed back counts as new, and equal subtrees are given once for each place. Afterwards the trie takes them
    /// as stored, so the source must serve them from now on.
    pub fn commit(&mut self, sink: &mut impl FnMut(B256, Bytes)) -> B256 {
        if let Memo::Stored(root) = self.memo {
            return root;
        }
        let (root, short) = Sealer::committing(sink).seal_root(&mut self.root);
        if let Some(rlp) = short {
            sink(root, rlp);
        }
        self.memo = Memo::Stored(root);
        root
    }
}
