//! How much a store may hold, and what goes when it is full.

use crate::{BlobError, BlobIndex};
use alloy_primitives::B256;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// File systems give whole blocks.
const BLOCK_BYTES: u64 = 4_096;

/// What a blob of so many bytes takes, with its index.
fn footprint(length: u64) -> u64 {
    object_bytes(length) + object_bytes(BlobIndex::encoded_length(length))
}

pub(crate) fn object_bytes(length: u64) -> u64 {
    length.max(1).next_multiple_of(BLOCK_BYTES)
}

/// The room of one store.
#[derive(Debug)]
pub(crate) struct Space {
    limit: u64,
    /// Whether blobs go when there is no room for another.
    evicts: bool,
    ledger: Mutex<Ledger>,
    /// Two at a time would remove more than they need.
    pub evicting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Ledger {
    blobs: HashMap<B256, Entry>,
    /// Bytes of all blobs that are there, being written, or being removed.
    taken: u64,
    kept: HashSet<B256>,
    /// Blobs that are being written, and by how many: nobody removes them.
    writing: HashMap<B256, usize>,
    /// The blob that is being removed.
    leaving: Option<B256>,
    clock: u64,
}

impl Ledger {
    fn may_go(&self, blob: &B256) -> bool {
        !self.kept.contains(blob) && !self.writing.contains_key(blob)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    bytes: u64,
    used_at: u64,
}

impl Space {
    /// With these blobs, the one that was used longest ago first.
    pub fn new(limit: u64, evicts: bool, found: impl IntoIterator<Item = (B256, u64)>) -> Self {
        let mut ledger = Ledger::default();
        for (blob, bytes) in found {
            ledger.clock += 1;
            ledger.taken += bytes;
            ledger.blobs.insert(blob, Entry { bytes, used_at: ledger.clock });
        }
        Self { limit, evicts, ledger: Mutex::new(ledger), evicting: tokio::sync::Mutex::default() }
    }

    pub fn touch(&self, blob: B256) {
        let mut ledger = self.ledger.lock();
        ledger.clock += 1;
        let now = ledger.clock;
        if let Some(entry) = ledger.blobs.get_mut(&blob) {
            entry.used_at = now;
        }
    }

    /// These stay, whatever comes, if they are there now.
    pub fn keep(&self, kept: HashSet<B256>) {
        self.ledger.lock().kept = kept;
    }

    /// Whether the blob is being removed: whatever of it can still be read will be gone.
    pub fn is_leaving(&self, blob: B256) -> bool {
        self.ledger.lock().leaving == Some(blob)
    }

    /// Whether a blob of this length would be refused now.
    pub fn check(&self, blob: B256, length: u64) -> Result<(), BlobError> {
        let ledger = self.ledger.lock();
        let before = ledger.blobs.get(&blob).map_or(0, |entry| entry.bytes);
        let fits = ledger.taken - before + footprint(length) <= self.limit;
        if fits || self.evicts { Ok(()) } else { Err(BlobError::Full { limit: self.limit }) }
    }

    /// Blobs to remove before so many more bytes fit, none if they do: those used longest ago, and some more than it takes, so that
    /// not every blob has to ask.
    pub fn victims(self: &Arc<Self>, more: u64) -> Result<Victims, BlobError> {
        let mut ledger = self.ledger.lock();
        let beyond = (ledger.taken + more).saturating_sub(self.limit);
        let mut free: Vec<_> = match self.evicts {
            true if beyond > 0 => ledger.blobs.iter().filter(|(blob, _)| ledger.may_go(blob)).collect(),
            _ => Vec::new(),
        };
        if free.iter().map(|(_, entry)| entry.bytes).sum::<u64>() < beyond {
            return Err(BlobError::Full { limit: self.limit });
        }
        free.sort_unstable_by_key(|(_, entry)| entry.used_at);
        let (mut blobs, mut freed) = (Vec::new(), 0);
        for (blob, entry) in free {
            if freed >= beyond + self.limit / 16 {
                break;
            }
            freed += entry.bytes;
            blobs.push((*blob, *entry));
        }
        for (blob, _) in &blobs {
            ledger.blobs.remove(blob);
        }
        blobs.reverse();
        Ok(Victims { space: self.clone(), blobs })
    }

    fn try_take(&self, bytes: u64) -> bool {
        let mut ledger = self.ledger.lock();
        let fits = ledger.taken + bytes <= self.limit;
        if fits {
            ledger.taken += bytes;
        }
        fits
    }
}

/// Blobs that are to be removed. Those that were not are in the ledger again when this is dropped.
#[derive(Debug)]
pub(crate) struct Victims {
    space: Arc<Space>,
    /// The next one last.
    blobs: Vec<(B256, Entry)>,
}

impl Victims {
    /// The next one to remove, which counts as gone from now on. What is kept or written since it was chosen stays.
    pub fn next(&mut self) -> Option<B256> {
        let mut ledger = self.space.ledger.lock();
        while let Some((blob, entry)) = self.blobs.last().copied() {
            if ledger.may_go(&blob) && !ledger.blobs.contains_key(&blob) {
                ledger.leaving = Some(blob);
                return Some(blob);
            }
            self.blobs.pop();
            ledger.put_back(blob, entry);
        }
        None
    }

    /// The next one is gone.
    pub fn removed(&mut self) {
        let bytes = self.blobs.pop().map_or(0, |(_, entry)| entry.bytes);
        let mut ledger = self.space.ledger.lock();
        ledger.taken -= bytes;
        ledger.leaving = None;
    }
}

impl Ledger {
    /// A blob that was to go and did not. Somebody may have written it anew, and counted it.
    fn put_back(&mut self, blob: B256, entry: Entry) {
        match self.blobs.contains_key(&blob) {
            true => self.taken -= entry.bytes,
            false => drop(self.blobs.insert(blob, entry)),
        }
    }
}

impl Drop for Victims {
    fn drop(&mut self) {
        let mut ledger = self.space.ledger.lock();
        // Of the one whose removal failed a part may be left: it is the first to go.
        if ledger.leaving.take().is_some()
            && let Some((_, entry)) = self.blobs.last_mut()
        {
            entry.used_at = 0;
        }
        for (blob, entry) in self.blobs.drain(..) {
            ledger.put_back(blob, entry);
        }
    }
}

/// Room for a blob that is being written. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    space: Arc<Space>,
    blob: B256,
    bytes: u64,
    /// The same blob, which was there before.
    before: Option<Entry>,
    /// Whatever happens now, something may be there.
    is_written: bool,
}

impl Reservation {
    /// `None` while the same blob is being removed: what is written now would go with it.
    pub fn new(space: &Arc<Space>, blob: B256) -> Option<Self> {
        let mut ledger = space.ledger.lock();
        if ledger.leaving == Some(blob) {
            return None;
        }
        *ledger.writing.entry(blob).or_default() += 1;
        let before = ledger.blobs.remove(&blob);
        let bytes = before.map_or(0, |entry| entry.bytes);
        Some(Self { space: space.clone(), blob, bytes, before, is_written: false })
    }

    /// What it lacks for so many bytes of the blob.
    pub fn lacks(&self, length: u64) -> u64 {
        footprint(length).saturating_sub(self.bytes)
    }

    /// `false` if there is no room for so many bytes more.
    pub fn grow(&mut self, more: u64) -> bool {
        let fits = self.space.try_take(more);
        self.bytes += if fits { more } else { 0 };
        fits
    }

    /// The bytes are there from now on, or may be.
    pub fn writing(&mut self) {
        self.is_written = true;
    }

    /// The blob is there.
    pub fn done(mut self, length: u64) {
        let mut ledger = self.space.ledger.lock();
        ledger.clock += 1;
        let entry = Entry { bytes: footprint(length), used_at: ledger.clock };
        // Somebody else may have written it meanwhile.
        let other = ledger.blobs.insert(self.blob, entry).map_or(0, |other| other.bytes);
        ledger.taken = ledger.taken - self.bytes - other + entry.bytes;
        drop(ledger);
        (self.bytes, self.before, self.is_written) = (0, None, false);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut ledger = self.space.ledger.lock();
        if let Some(writers) = ledger.writing.get_mut(&self.blob) {
            *writers -= 1;
            if *writers == 0 {
                ledger.writing.remove(&self.blob);
            }
        }
        ledger.taken -= self.bytes;
        let left = match self.is_written {
            // Without an index, or with an earlier one: the first to go.
            true => Some(Entry { bytes: self.bytes, used_at: 0 }),
            false => self.before,
        };
        if let Some(left) = left {
            let other = ledger.blobs.insert(self.blob, left).map_or(0, |other| other.bytes);
            ledger.taken = ledger.taken + left.bytes - other;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blob(number: u8) -> B256 {
        B256::repeat_byte(number)
    }

    #[derive(Clone, Debug)]
    enum Event {
        Put { number: u8, length: u64, is_whole: bool },
        Touch(u8),
        Keep(Vec<u8>),
    }

    fn event() -> impl Strategy<Value = Event> {
        let put = (0u8..12, 0u64..40_000, any::<bool>());
        prop_oneof![
            4 => put.prop_map(|(number, length, is_whole)| Event::Put { number, length, is_whole }),
            2 => (0u8..12).prop_map(Event::Touch),
            1 => proptest::collection::vec(0u8..12, 0..3).prop_map(Event::Keep),
        ]
    }

    proptest! {
        #[test]
        fn the_limit_holds_and_what_is_kept_or_newer_stays(events in proptest::collection::vec(event(), 1..80)) {
            const LIMIT: u64 = 100_000;
            let space = Arc::new(Space::new(LIMIT, true, []));
            // What is there, the one used longest ago first.
            let (mut there, mut kept) = (Vec::<u8>::new(), Vec::new());
            for event in events {
                match event {
                    Event::Touch(number) => {
                        space.touch(blob(number));
                        if let Some(at) = there.iter().position(|other| *other == number) {
                            there.remove(at);
                            there.push(number);
                        }
                    }
                    Event::Keep(numbers) => {
                        space.keep(numbers.iter().map(|number| blob(*number)).collect());
                        kept = numbers;
                    }
                    Event::Put { number, length, is_whole } => {
                        let mut reservation = Reservation::new(&space, blob(number)).unwrap();
                        let more = reservation.lacks(length);
                        let victims = space.victims(more);
                        let mut fits = victims.is_ok();
                        let mut victims = victims.ok();
                        while let Some(victim) = victims.as_mut().and_then(Victims::next) {
                            let at = there.iter().position(|other| blob(*other) == victim).unwrap();
                            let older = there[..at].iter().filter(|other| **other != number);
                            prop_assert!(older.clone().all(|other| kept.contains(other)), "an older one stays");
                            prop_assert!(!kept.contains(&there[at]) && there[at] != number);
                            there.remove(at);
                            victims.as_mut().unwrap().removed();
                        }
                        fits = fits && reservation.grow(more);
                        if fits && is_whole {
                            reservation.done(length);
                            there.retain(|other| *other != number);
                            there.push(number);
                        }
                    }
                }
                let ledger = space.ledger.lock();
                prop_assert!(ledger.taken <= LIMIT);
                prop_assert_eq!(ledger.taken, ledger.blobs.values().map(|entry| entry.bytes).sum::<u64>());
                let mut known: Vec<_> = ledger.blobs.keys().copied().collect();
                let mut expected: Vec<_> = there.iter().map(|number| blob(*number)).collect();
                known.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(known, expected);
            }
        }
    }

    #[test]
    fn nothing_goes_for_what_cannot_fit() {
        let space = Arc::new(Space::new(20_000, true, [(blob(1), 8_192), (blob(2), 8_192)]));
        space.keep(HashSet::from([blob(1)]));
        assert!(matches!(space.victims(16_384), Err(BlobError::Full { limit: 20_000 })));
        let mut victims = space.victims(8_192).unwrap();
        assert_eq!(victims.next(), Some(blob(2)));
        victims.removed();
        assert_eq!(victims.next(), None);
        assert_eq!(space.ledger.lock().taken, 8_192);
    }

    #[test]
    fn what_could_not_be_removed_is_counted_and_goes_first() {
        let space = Arc::new(Space::new(20_000, true, [(blob(1), 8_192), (blob(2), 8_192)]));
        space.touch(blob(1));
        drop(space.victims(8_192).unwrap());
        assert_eq!(space.ledger.lock().taken, 16_384);
        assert_eq!(space.victims(8_192).unwrap().next(), Some(blob(2)));
    }

    #[test]
    fn what_is_kept_or_written_after_it_was_chosen_stays() {
        let all = [1, 2, 3].map(|number| (blob(number), 8_192));
        let space = Arc::new(Space::new(24_576, true, all));
        let mut victims = space.victims(24_576).unwrap();
        space.keep(HashSet::from([blob(1)]));
        let mut writer = Reservation::new(&space, blob(2)).unwrap();
        assert_eq!(victims.next(), Some(blob(3)), "the only one that nobody needs");
        assert!(space.is_leaving(blob(3)) && !space.is_leaving(blob(1)));
        assert!(Reservation::new(&space, blob(3)).is_none(), "what is written now would go with it");
        victims.removed();
        assert!(!space.is_leaving(blob(3)));
        assert_eq!(victims.next(), None);
        drop(victims);
        assert!(writer.grow(writer.lacks(100)));
        writer.done(100);
        assert_eq!(space.ledger.lock().taken, 2 * 8_192);
        assert!(matches!(space.victims(24_576), Err(BlobError::Full { .. })), "the first is still kept");
    }

    #[test]
    fn what_was_written_anew_since_it_was_chosen_stays() {
        let space = Arc::new(Space::new(24_576, true, [(blob(1), 8_192), (blob(2), 8_192)]));
        let mut victims = space.victims(24_576).unwrap();
        let mut writer = Reservation::new(&space, blob(1)).unwrap();
        assert!(writer.grow(writer.lacks(100)));
        writer.done(100);
        assert_eq!(victims.next(), Some(blob(2)));
        drop(victims);
        let ledger = space.ledger.lock();
        assert_eq!((ledger.taken, ledger.blobs.len()), (2 * 8_192, 2));
        assert_eq!(ledger.blobs[&blob(2)].used_at, 0, "its removal may have begun");
    }

    #[test]
    fn what_may_have_been_written_is_counted() {
        let space = Arc::new(Space::new(20_000, true, []));
        let mut reservation = Reservation::new(&space, blob(1)).unwrap();
        assert!(reservation.grow(reservation.lacks(100)));
        reservation.writing();
        drop(reservation);
        assert_eq!(space.ledger.lock().taken, 8_192);
        assert_eq!(space.victims(16_384).unwrap().next(), Some(blob(1)));
    }

    #[test]
    fn a_store_without_eviction_refuses() {
        let space = Arc::new(Space::new(20_000, false, [(blob(1), 8_192)]));
        assert!(space.check(blob(2), 100).is_ok());
        assert!(space.check(blob(2), 8_192).is_err());
        assert!(space.check(blob(1), 8_192).is_ok(), "in place of itself");
        assert!(space.victims(8_192).is_ok());
        assert!(space.victims(16_384).is_err());
    }

    #[test]
    fn two_who_write_the_same_blob_take_room_once() {
        let space = Arc::new(Space::new(100_000, true, []));
        let mut both = [(); 2].map(|()| Reservation::new(&space, blob(1)).unwrap());
        assert!(both.iter_mut().all(|one| one.grow(one.lacks(5_000))));
        assert_eq!(space.ledger.lock().taken, 2 * footprint(5_000));
        let [one, two] = both;
        one.done(5_000);
        let mut three = Reservation::new(&space, blob(1)).unwrap();
        assert_eq!(three.lacks(5_000), 0);
        assert!(three.grow(0));
        two.done(5_000);
        drop(three);
        assert_eq!(space.ledger.lock().taken, footprint(5_000));
    }
}
