//! Insertion.

use crate::{
    NodeSource, TrieError,
    nibbles::Nibbles,
    node::Place,
    tree::{Branch, Link, Memo},
};
use alloc::boxed::Box;
use alloy_primitives::Bytes;
use core::mem;

/// Sets the value at `path` below `link` and says whether that changed anything.
///
/// All fetching comes before the first change, so that a failure changes nothing.
pub(crate) fn insert<S: NodeSource>(
    link: &mut Link,
    source: &S,
    place: Place,
    depth: usize,
    path: Nibbles<'_>,
    value: Bytes,
) -> Result<bool, TrieError<S::Error>> {
    link.resolve(source, place, depth)?;
    match link {
        Link::Leaf(leaf) if leaf.path.as_nibbles() == path => {
            let changed = leaf.value != value;
            if changed {
                (leaf.value, leaf.memo) = (value, Memo::Dirty);
            }
            return Ok(changed);
        }
        Link::Extension(extension) => {
            if let Some(below) = path.strip_prefix(extension.path.as_nibbles()) {
                let depth = depth + path.len() - below.len();
                let changed = insert(&mut extension.child, source, Place::Extension, depth, below, value)?;
                if changed {
                    extension.memo = Memo::Dirty;
                }
                return Ok(changed);
            }
        }
        Link::Branch(branch) => {
            let changed = match path.split_first() {
                Some((nibble, below)) => {
                    insert(&mut branch.children[nibble], source, Place::Branch, depth + 1, below, value)?
                }
                None if branch.value == value => false,
                None => {
                    branch.value = value;
                    true
                }
            };
            if changed {
                branch.memo = Memo::Dirty;
            }
            return Ok(changed);
        }
        Link::Empty | Link::Hash(_) | Link::Leaf(_) => {}
    }
    split(link, path, value);
    Ok(true)
}

/// Puts a branch where `path` leaves that of the leaf or extension at `link`, or a leaf where there is nothing.
// Kept out of the recursive caller's stack frame.
#[inline(never)]
fn split(link: &mut Link, path: Nibbles<'_>, value: Bytes) {
    let mut branch = Box::new(Branch { children: Default::default(), value: Bytes::new(), memo: Memo::Dirty });
    let shared = match mem::take(link) {
        Link::Leaf(mut leaf) => {
            let old = leaf.path.as_nibbles();
            let shared = old.common_prefix(path);
            match old.skip(shared).split_first() {
                Some((nibble, below)) => {
                    leaf.path = below.into();
                    leaf.memo = Memo::Dirty;
                    branch.children[nibble] = Link::Leaf(leaf);
                }
                None => branch.value = leaf.value,
            }
            shared
        }
        Link::Extension(mut extension) => {
            let old = extension.path.as_nibbles();
            let shared = old.common_prefix(path);
            if let Some((nibble, below)) = old.skip(shared).split_first() {
                branch.children[nibble] = if below.is_empty() {
                    mem::take(&mut extension.child)
                } else {
                    extension.path = below.into();
                    extension.memo = Memo::Dirty;
                    Link::Extension(extension)
                };
            }
            shared
        }
        Link::Empty | Link::Hash(_) | Link::Branch(_) => {
            *link = Link::leaf(path, value);
            return;
        }
    };
    match path.skip(shared).split_first() {
        Some((nibble, below)) => branch.children[nibble] = Link::leaf(below, value),
        None => branch.value = value,
    }
    let branch = Link::Branch(branch);
    *link = if shared == 0 { branch } else { Link::extension(path.take(shared), branch) };
}
