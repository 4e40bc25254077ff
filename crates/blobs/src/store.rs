use crate::folder::{ABANDONED_AFTER, lock_folder, remove_abandoned};
use crate::space::{Reservation, Space, object_bytes};
use crate::{BlobError, BlobIndex, IndexBuilder, MAX_BLOB_BYTES, Part};
use alloy_primitives::B256;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use quick_cache::{OptionsBuilder, Weighter, sync::Cache};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that a stream holds at a time. A multiple of the piece size.
const WINDOW_BYTES: u64 = 1 << 20;
/// Uploads of more than this are written in parts of this size: at most 2,048, and S3 takes 10,000.
const PART_BYTES: usize = 8 << 20;
/// Two indices of the largest blobs.
const CACHE_BYTES: u64 = 256 << 20;

#[derive(Clone, Debug)]
struct IndexBytes;

impl Weighter<B256, Arc<BlobIndex>> for IndexBytes {
    fn weight(&self, _: &B256, index: &Arc<BlobIndex>) -> u64 {
        index.encoded().len() as u64
    }
}

/// Blobs in a folder or bucket. Whatever is read from there is checked before anyone sees it.
///
/// Each blob is two objects, its bytes and its [`BlobIndex`], written in this order: a blob is there when its index is.
#[derive(Clone, Debug)]
pub struct BlobStore {
    objects: Arc<dyn ObjectStore>,
    checked: Arc<Cache<B256, Arc<BlobIndex>, IndexBytes>>,
    space: Option<Arc<Space>>,
    /// Read where this one has nothing.
    behind: Option<Arc<BlobStore>>,
    /// Held as long as the cache is used.
    _lock: Option<Arc<File>>,
}

fn data_key(commitment: B256) -> Key {
    let name = alloy_primitives::hex::encode(commitment);
    Key::from_iter([&name[..2], &name])
}

fn index_key(commitment: B256) -> Key {
    Key::from(format!("{}.index", data_key(commitment)))
}

impl BlobStore {
    /// Over any store.
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity(1_024)
            .weight_capacity(CACHE_BYTES)
            .build()
            .expect("all required options are set");
        let checked = Cache::with_options(options, IndexBytes, Default::default(), Default::default());
        Self { objects, checked: Arc::new(checked), space: None, behind: None, _lock: None }
    }

    /// In `folder`, which is created where it is not there. What `put` has returned from survives a power cut.
    pub fn folder(folder: &Path) -> Result<Self, BlobError> {
        Self::open_folder(folder, ABANDONED_AFTER)
    }

    fn open_folder(folder: &Path, abandoned_after: Duration) -> Result<Self, BlobError> {
        let io = |error: std::io::Error| BlobError::Store(Arc::new(error));
        std::fs::create_dir_all(folder).map_err(io)?;
        remove_abandoned(folder, abandoned_after).map_err(io)?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| BlobError::Store(Arc::new(error)))?;
        Ok(Self::new(Arc::new(files.with_fsync(true))))
    }

    /// Holds at most `limit` bytes from now on, indices and whole blocks of 4,096 bytes counted: what is beyond is refused. What
    /// others write into the same place meanwhile is not seen.
    pub async fn limited(self, limit: u64) -> Result<Self, BlobError> {
        self.with_space(limit, false).await
    }

    /// A cache in `folder`, refused while another process has it, in front of a store that is read and never written: what is stored
    /// goes into the cache. When `limit` bytes are full, what was used longest ago goes, unless it is to be [kept](Self::keep). The
    /// order does not survive a restart: then it is that of writing.
    pub async fn cache(folder: &Path, limit: u64, behind: Self) -> Result<Self, BlobError> {
        // First: opening removes what others would still be writing.
        let lock = lock_folder(folder)?;
        let cache = Self::open_folder(folder, Duration::ZERO)?.with_space(limit, true).await?;
        Ok(Self { behind: Some(Arc::new(behind)), _lock: Some(Arc::new(lock)), ..cache })
    }

    /// These, and no others, stay in the cache whatever comes.
    pub fn keep(&self, blobs: HashSet<B256>) {
        if let Some(space) = &self.space {
            space.keep(blobs);
        }
    }

    /// Whether there is room for a blob of this length.
    pub fn check_room(&self, commitment: B256, length: u64) -> Result<(), BlobError> {
        self.space.as_ref().map_or(Ok(()), |space| space.check(commitment, length))
    }

    async fn with_space(self, limit: u64, evicts: bool) -> Result<Self, BlobError> {
        let mut found = HashMap::<B256, (u64, i64)>::new();
        let mut objects = self.objects.list(None);
        while let Some(object) = objects.next().await {
            let object = object.map_err(|error| BlobError::Store(Arc::new(error)))?;
            // A blob without its index, too: the remains of a write or a removal.
            let name = object.location.filename().unwrap_or_default();
            let Ok(blob) = name.strip_suffix(".index").unwrap_or(name).parse() else { continue };
            let (bytes, written) = found.entry(blob).or_default();
            *bytes += object_bytes(object.size);
            *written = object.last_modified.timestamp_millis().max(*written);
        }
        drop(objects);
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable_by_key(|(blob, (_, written))| (*written, *blob));
        let space = Space::new(limit, evicts, found.into_iter().map(|(blob, (bytes, _))| (blob, bytes)));
        Ok(Self { space: Some(Arc::new(space)), ..self })
    }

    /// Removes a blob, the index first: there is no part of a blob at any time.
    pub async fn remove(&self, commitment: B256) -> Result<(), BlobError> {
        self.checked.remove(&commitment);
        for key in [index_key(commitment), data_key(commitment)] {
            match self.objects.delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(BlobError::store(commitment, error)),
            }
        }
        // Somebody may have read the index in between.
        self.checked.remove(&commitment);
        Ok(())
    }

    /// Makes room for so many bytes of a blob.
    async fn reserve(&self, reservation: &mut Reservation, length: u64) -> Result<(), BlobError> {
        let (more, Some(space)) = (reservation.lacks(length), &self.space) else { return Ok(()) };
        while more > 0 && !reservation.grow(more) {
            // To its end, also when nobody waits for it any more: a removal that goes on unseen could take what is kept meanwhile.
            let evicted = tokio::spawn(self.clone().evict(space.clone(), more));
            evicted.await.map_err(|error| BlobError::Store(Arc::new(error)))??;
        }
        Ok(())
    }

    async fn evict(self, space: Arc<Space>, more: u64) -> Result<(), BlobError> {
        let _alone = space.evicting.lock().await;
        let mut victims = space.victims(more)?;
        while let Some(blob) = victims.next() {
            self.remove(blob).await?;
            victims.removed();
            tracing::debug!(%blob, "removed from the cache");
        }
        Ok(())
    }

    /// Room to write a blob into, once nobody removes it.
    async fn reservation(&self, commitment: B256) -> Option<Reservation> {
        let space = self.space.as_ref()?;
        loop {
            if let Some(reservation) = Reservation::new(space, commitment) {
                return Some(reservation);
            }
            drop(space.evicting.lock().await);
        }
    }

    fn touch(&self, commitment: B256) {
        if let Some(space) = &self.space {
            space.touch(commitment);
        }
    }

    /// Stores bytes and returns their commitment. Storing a blob again repairs it.
    pub async fn put(&self, blob: Bytes) -> Result<B256, BlobError> {
        let index = BlobIndex::of(&blob);
        let parts = (0..blob.len()).step_by(PART_BYTES);
        let parts = parts.map(|at| Ok(blob.slice(at..blob.len().min(at + PART_BYTES))));
        self.put_stream(index.commitment(), MAX_BLOB_BYTES, stream::iter(parts)).await?;
        Ok(index.commitment())
    }

    /// Stores a file, which is read twice: for the commitment, and to copy it.
    pub async fn put_file(&self, path: &Path) -> Result<B256, BlobError> {
        let (commitment, file) = crate::folder::commit_file(path.to_owned()).await?;
        self.put_stream(commitment, MAX_BLOB_BYTES, crate::folder::read_file(file)).await?;
        Ok(commitment)
    }

    /// Stores what comes, if it is blob `commitment` and has at most `limit` bytes, and returns their number. Nothing
    /// is visible before all was checked and written.
    pub async fn put_stream(
        &self,
        commitment: B256,
        limit: u64,
        bytes: impl Stream<Item = Result<Bytes, BlobError>> + Send,
    ) -> Result<u64, BlobError> {
        let mut bytes = std::pin::pin!(bytes);
        let limit = limit.min(MAX_BLOB_BYTES);
        let store = |error| BlobError::store(commitment, error);
        let (mut builder, mut first, mut upload) = (IndexBuilder::default(), BytesMut::new(), None::<WriteMultipart>);
        let mut reservation = self.reservation(commitment).await;
        let outcome = async {
            while let Some(part) = bytes.next().await {
                let part = part?;
                let length = builder.length() + part.len() as u64;
                if length > limit {
                    return Err(BlobError::TooLarge { commitment, length, limit });
                }
                if let Some(reservation) = &mut reservation {
                    self.reserve(reservation, length).await?;
                }
                builder.push(&part);
                if upload.is_none() && first.len() + part.len() <= PART_BYTES {
                    first.extend_from_slice(&part);
                    continue;
                }
                if upload.is_none() {
                    let parts = self.objects.put_multipart(&data_key(commitment)).await.map_err(store)?;
                    let mut begun = WriteMultipart::new_with_chunk_size(parts, PART_BYTES);
                    begun.put(std::mem::take(&mut first).freeze());
                    upload = Some(begun);
                }
                if let Some(upload) = &mut upload {
                    upload.wait_for_capacity(1).await.map_err(store)?;
                    upload.put(part);
                }
            }
            let index = builder.finish();
            if index.commitment() != commitment {
                return Err(BlobError::Corrupt { commitment, part: Part::Whole });
            }
            if let Some(reservation) = &mut reservation {
                // An empty blob takes room too.
                self.reserve(reservation, index.length()).await?;
                reservation.writing();
            }
            Ok(index)
        }
        .await;
        let index = match (outcome, upload) {
            (Ok(index), Some(upload)) => upload.finish().await.map(|_| index).map_err(store)?,
            (Ok(index), None) => {
                let payload = PutPayload::from_bytes(first.freeze());
                self.objects.put(&data_key(commitment), payload).await.map(|_| index).map_err(store)?
            }
            (Err(error), Some(upload)) => {
                if let Err(failed) = upload.abort().await {
                    tracing::warn!(%commitment, error = %failed, "an upload was left behind in the store");
                }
                return Err(error);
            }
            (Err(error), None) => return Err(error),
        };
        let payload = PutPayload::from_bytes(index.encoded().clone());
        self.objects.put(&index_key(commitment), payload).await.map_err(store)?;
        let length = index.length();
        self.checked.insert(commitment, Arc::new(index));
        if let Some(reservation) = reservation {
            reservation.done(length);
        }
        Ok(length)
    }

    /// Length and piece hashes of a blob, checked.
    pub async fn index(&self, commitment: B256) -> Result<Arc<BlobIndex>, BlobError> {
        self.checked.get_or_insert_async(&commitment, self.read_index(commitment)).await
    }

    async fn read_index(&self, commitment: B256) -> Result<Arc<BlobIndex>, BlobError> {
        let store = |error| BlobError::store(commitment, error);
        let object = match (self.objects.get(&index_key(commitment)).await, &self.behind) {
            (Err(object_store::Error::NotFound { .. }), Some(behind)) => {
                return Box::pin(behind.index(commitment)).await;
            }
            (object, _) => object.map_err(store)?,
        };
        let (size, mut encoded) = (object.meta.size, BytesMut::new());
        let mut parts = object.into_stream();
        while let Some(part) = parts.next().await {
            encoded.extend_from_slice(&part.map_err(store)?);
            if encoded.len() as u64 > BlobIndex::encoded_length(MAX_BLOB_BYTES).min(size) {
                return Err(BlobError::Corrupt { commitment, part: Part::Index });
            }
        }
        // Millions of hashes for a large blob.
        let checked = tokio::task::spawn_blocking(move || BlobIndex::decode(commitment, encoded.freeze()));
        checked.await.map_err(|error| BlobError::Store(Arc::new(error)))?.map(Arc::new)
    }

    /// Whether the blob is there: its index, checked, and as many bytes as it says. The bytes are checked when read. A blob that is
    /// [kept](Self::keep) and is there, stays.
    pub async fn has(&self, commitment: B256) -> Result<bool, BlobError> {
        if self.space.as_ref().is_some_and(|space| space.is_leaving(commitment)) {
            return match &self.behind {
                Some(behind) => Box::pin(behind.has(commitment)).await,
                None => Ok(false),
            };
        }
        let length = match self.index(commitment).await {
            Ok(index) => index.length(),
            Err(BlobError::NotFound(_) | BlobError::Corrupt { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        self.touch(commitment);
        match (self.objects.head(&data_key(commitment)).await, &self.behind) {
            (Ok(meta), _) => Ok(meta.size == length),
            (Err(object_store::Error::NotFound { .. }), Some(behind)) => Box::pin(behind.has(commitment)).await,
            (Err(object_store::Error::NotFound { .. }), None) => Ok(false),
            (Err(error), _) => Err(BlobError::store(commitment, error)),
        }
    }

    /// The whole blob in memory, if it has at most `limit` bytes.
    pub async fn get(&self, commitment: B256, limit: u64) -> Result<Bytes, BlobError> {
        let index = self.index(commitment).await?;
        if index.length() > limit {
            return Err(BlobError::TooLarge { commitment, length: index.length(), limit });
        }
        self.read(&index, 0..index.length()).await
    }

    /// Bytes `range` of the blob, in memory. Reads and checks the pieces around them, no others.
    pub async fn range(&self, commitment: B256, range: Range<u64>) -> Result<Bytes, BlobError> {
        let index = self.index(commitment).await?;
        self.read(&index, range).await
    }

    /// Bytes `range` of the blob in parts of at most 1 MiB, each checked before it comes.
    pub async fn stream(
        &self,
        commitment: B256,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes, BlobError>> + Send + use<>, BlobError> {
        let index = self.index(commitment).await?;
        index.aligned(&range)?;
        let next = (self.clone(), index, range);
        Ok(stream::try_unfold(next, |(store, index, rest)| async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let end = (rest.start / WINDOW_BYTES + 1).saturating_mul(WINDOW_BYTES).min(rest.end);
            let part = store.read(&index, rest.start..end).await?;
            Ok(Some((part, (store, index, end..rest.end))))
        }))
    }

    async fn read(&self, index: &BlobIndex, range: Range<u64>) -> Result<Bytes, BlobError> {
        let (commitment, aligned) = (index.commitment(), index.aligned(&range)?);
        if aligned.is_empty() {
            return Ok(Bytes::new());
        }
        self.touch(commitment);
        let key = data_key(commitment);
        let bytes = match (self.objects.get_range(&key, aligned.clone()).await, &self.behind) {
            (Ok(bytes), _) => bytes,
            (Err(object_store::Error::NotFound { .. }), Some(behind)) => {
                return Box::pin(behind.read(index, range)).await;
            }
            (Err(error), _) => {
                let shorter = self.objects.head(&key).await.is_ok_and(|meta| meta.size != index.length());
                let corrupt = BlobError::Corrupt { commitment, part: Part::Whole };
                return Err(if shorter { corrupt } else { BlobError::store(commitment, error) });
            }
        };
        if bytes.len() as u64 != aligned.end - aligned.start {
            return Err(BlobError::Corrupt { commitment, part: Part::Whole });
        }
        index.verify(aligned.start, &bytes)?;
        let skip = (range.start - aligned.start) as usize;
        Ok(bytes.slice(skip..skip + (range.end - range.start) as usize))
    }
}
