//! The memory as a persistent Merkle tree: clones share what they have in common.

use crate::{PAGE_BYTES, TREE_DEPTH};
use alloy_primitives::{B256, keccak256};
use std::sync::{Arc, LazyLock};

/// Contents of a data page.
pub type Page = [u8; PAGE_BYTES];

/// Page of zeros.
pub(crate) const ZERO_PAGE: Page = [0; PAGE_BYTES];

/// Roots of all-zero subtrees by level, the leaf first.
static ZEROS: LazyLock<[B256; TREE_DEPTH + 1]> = LazyLock::new(|| {
    let mut zeros = [leaf_hash(&ZERO_PAGE); TREE_DEPTH + 1];
    for level in 1..zeros.len() {
        zeros[level] = node_hash(&zeros[level - 1], &zeros[level - 1]);
    }
    zeros
});

/// Hash of a page: keccak-256 of its bytes in reverse order.
pub fn leaf_hash(page: &Page) -> B256 {
    let mut reversed = *page;
    reversed.reverse();
    keccak256(reversed)
}

/// Hash of an inner node of the memory tree.
pub fn node_hash(left: &B256, right: &B256) -> B256 {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left.as_slice());
    bytes[32..].copy_from_slice(right.as_slice());
    keccak256(bytes)
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    root: Link,
}

#[derive(Debug, Clone, Default)]
enum Link {
    /// A subtree of zeros.
    #[default]
    Zero,
    Branch(Arc<Branch>),
    Leaf(Arc<Leaf>),
}

#[derive(Debug, Clone, Default)]
struct Branch {
    /// Unless something below has changed since it was computed.
    hash: Option<B256>,
    children: [Link; 2],
}

#[derive(Debug, Clone)]
struct Leaf {
    hash: Option<B256>,
    page: Page,
}

impl Tree {
    pub(crate) fn page(&self, index: u32) -> &Page {
        match self.link(0, index) {
            Link::Leaf(leaf) => &leaf.page,
            _ => &ZERO_PAGE,
        }
    }

    /// Sets a page, whose hash may be known.
    pub(crate) fn set(&mut self, index: u32, page: &Page, hash: Option<B256>) {
        let mut link = &mut self.root;
        for level in (0..TREE_DEPTH).rev() {
            if !matches!(link, Link::Branch(_)) {
                *link = Link::Branch(Arc::default());
            }
            let Link::Branch(branch) = link else { return };
            let branch = Arc::make_mut(branch);
            branch.hash = None;
            link = &mut branch.children[index as usize >> level & 1];
        }
        if let Link::Leaf(leaf) = link
            && let Some(leaf) = Arc::get_mut(leaf)
        {
            leaf.hash = hash;
            leaf.page = *page;
        } else {
            *link = Link::Leaf(Arc::new(Leaf { hash, page: *page }));
        }
    }

    /// Root hash. Only hashes what has changed.
    pub(crate) fn root(&mut self) -> B256 {
        self.root.seal(TREE_DEPTH)
    }

    /// Hash of the node `index` of a level, 0 being that of the leaves. The tree must be hashed.
    pub(crate) fn node(&self, level: usize, index: u32) -> B256 {
        let hash = match self.link(level, index) {
            Link::Zero => Some(ZEROS[level]),
            Link::Branch(branch) => branch.hash,
            Link::Leaf(leaf) => leaf.hash,
        };
        hash.expect("the tree is hashed before nodes are read")
    }

    fn link(&self, level: usize, index: u32) -> &Link {
        let mut link = &self.root;
        for bit in (0..TREE_DEPTH - level).rev() {
            let Link::Branch(branch) = link else { break };
            link = &branch.children[index as usize >> bit & 1];
        }
        link
    }
}

impl Link {
    fn seal(&mut self, level: usize) -> B256 {
        match self {
            Self::Zero => ZEROS[level],
            Self::Branch(branch) => match branch.hash {
                Some(hash) => hash,
                None => {
                    let branch = Arc::make_mut(branch);
                    let [left, right] = &mut branch.children;
                    *branch.hash.insert(node_hash(&left.seal(level - 1), &right.seal(level - 1)))
                }
            },
            Self::Leaf(leaf) => match leaf.hash {
                Some(hash) => hash,
                None => {
                    let leaf = Arc::make_mut(leaf);
                    *leaf.hash.insert(leaf_hash(&leaf.page))
                }
            },
        }
    }
}
