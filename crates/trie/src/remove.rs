//! Removal.

use crate::{
    NodeSource, TrieError,
    nibbles::{NibbleBuf, Nibbles},
    node::Place,
    tree::{Branch, Link, Memo},
};
use core::mem;

/// Removes `path` below `link` and says whether it was there.
///
/// All fetching comes before the first change, so that a failure changes nothing.
pub(crate) fn remove<S: NodeSource>(
    link: &mut Link,
    source: &S,
    place: Place,
    depth: usize,
    path: Nibbles<'_>,
) -> Result<bool, TrieError<S::Error>> {
    link.resolve(source, place, depth)?;
    let removed = match link {
        Link::Leaf(leaf) if leaf.path.as_nibbles() == path => {
            *link = Link::Empty;
            return Ok(true);
        }
        Link::Extension(extension) => match path.strip_prefix(extension.path.as_nibbles()) {
            Some(below) => {
                let depth = depth + path.len() - below.len();
                remove(&mut extension.child, source, Place::Extension, depth, below)?
            }
            None => false,
        },
        Link::Branch(branch) => remove_from_branch(branch, source, depth, path)?,
        Link::Empty | Link::Hash(_) | Link::Leaf(_) => false,
    };
    if removed {
        normalize(link);
    }
    Ok(removed)
}

fn remove_from_branch<S: NodeSource>(
    branch: &mut Branch,
    source: &S,
    depth: usize,
    path: Nibbles<'_>,
) -> Result<bool, TrieError<S::Error>> {
    let Some((nibble, below)) = path.split_first() else {
        if branch.value.is_empty() {
            return Ok(false);
        }
        resolve_last(branch, source, depth, None)?;
        branch.value.clear();
        return Ok(true);
    };
    let child = &mut branch.children[nibble];
    child.resolve(source, Place::Branch, depth + 1)?;
    if matches!(child, Link::Leaf(leaf) if leaf.path.as_nibbles() == below) {
        if branch.value.is_empty() {
            resolve_last(branch, source, depth, Some(nibble))?;
        }
        branch.children[nibble] = Link::Empty;
        return Ok(true);
    }
    remove(child, source, Place::Branch, depth + 1, below)
}

/// Fetches the child that is alone once child `leaving` (or, if `None`, the branch value) is gone, if one will be.
fn resolve_last<S: NodeSource>(
    branch: &mut Branch,
    source: &S,
    depth: usize,
    leaving: Option<usize>,
) -> Result<(), TrieError<S::Error>> {
    let mut staying = branch
        .children
        .iter_mut()
        .enumerate()
        .filter(|(nibble, child)| Some(*nibble) != leaving && !child.is_empty())
        .map(|(_, child)| child);
    match (staying.next(), staying.next()) {
        (Some(last), None) => last.resolve(source, Place::Branch, depth + 1),
        _ => Ok(()),
    }
}

/// Restores the canonical shape of a node after something below it was removed.
// Kept out of the recursive caller's stack frame.
#[inline(never)]
fn normalize(link: &mut Link) {
    match link {
        Link::Branch(branch) => {
            branch.memo = Memo::Dirty;
            let mut children = branch.children.iter_mut().enumerate().filter(|(_, child)| !child.is_empty());
            *link = match (children.next(), children.next()) {
                (None, _) => Link::leaf(Nibbles::of_key(&[]), mem::take(&mut branch.value)),
                (Some((nibble, child)), None) if branch.value.is_empty() => {
                    let child = mem::take(child);
                    lengthen(|tail| NibbleBuf::prepend(nibble, tail), child)
                }
                _ => return,
            };
        }
        Link::Extension(extension) => {
            extension.memo = Memo::Dirty;
            if !matches!(extension.child, Link::Branch(_)) {
                let child = mem::take(&mut extension.child);
                let head = extension.path.as_nibbles();
                *link = lengthen(|tail| NibbleBuf::concat(head, tail), child);
            }
        }
        Link::Empty | Link::Hash(_) | Link::Leaf(_) => {}
    }
}

/// Puts more nibbles in front of a subtree.
fn lengthen(path: impl FnOnce(Nibbles<'_>) -> NibbleBuf, link: Link) -> Link {
    match link {
        Link::Leaf(mut leaf) => {
            (leaf.path, leaf.memo) = (path(leaf.path.as_nibbles()), Memo::Dirty);
            Link::Leaf(leaf)
        }
        Link::Extension(mut extension) => {
            (extension.path, extension.memo) = (path(extension.path.as_nibbles()), Memo::Dirty);
            Link::Extension(extension)
        }
        child => Link::extension(path(Nibbles::of_key(&[])), child),
    }
}
