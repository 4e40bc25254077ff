//! Fetches blobs from where strangers say that they are.

use crate::head::HeadReader;
use crate::location::{Resolver, blob_url};
use crate::tls::{connector, no_tls, system_tls};
use crate::{BlobError, BlobHead, BlobIndex, BlobStore, MAX_BLOB_BYTES, Part};
use alloy_primitives::B256;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt, stream};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use lux_protocol::constants::PIECE_BYTES;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

/// Pieces are handed on when this many bytes of them are there, or the blob ends.
const WINDOW_BYTES: usize = 64 * PIECE_BYTES;
const MAX_HEADER_BYTES: usize = 16 << 10;

/// What a fetch may reach, and how long it may take.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Connect to loopback, private and other addresses outside the public internet too. Only for places that the operator names.
    pub allow_private: bool,
    pub connect_timeout: Duration,
    /// Longest silence of a server.
    pub idle_timeout: Duration,
    /// For one blob, however many attempts it takes.
    pub total_timeout: Duration,
    /// Attempts in a row that brought not one piece.
    pub attempts: u32,
    /// Pause before the next attempt.
    pub retry_pause: Duration,
    /// In place of the certificates that the operating system trusts.
    pub tls: Option<rustls::ClientConfig>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(3_600),
            attempts: 3,
            retry_pause: Duration::from_secs(1),
            tls: None,
        }
    }
}

type Http = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Empty<Bytes>>;

/// Fetches blobs over HTTP and gives out bytes that are checked.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    config: Arc<ClientConfig>,
}

impl Client {
    pub fn new(config: ClientConfig) -> Result<Self, BlobError> {
        let tls = config.tls.clone().map_or_else(system_tls, Ok).map_err(no_tls)?;
        let resolver = Resolver { allow_private: config.allow_private };
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(MAX_HEADER_BYTES)
            .build(connector(resolver, tls, config.connect_timeout));
        Ok(Self { http, config: Arc::new(config) })
    }

    /// The blob at `{location}/blobs/{commitment}`, in memory, if it has at most `limit` bytes.
    pub async fn fetch(&self, location: &str, commitment: B256, limit: u64) -> Result<Bytes, BlobError> {
        let (index, bytes) = self.open(location, commitment, limit).await?;
        let whole = BytesMut::with_capacity(index.length() as usize);
        let join = |mut whole: BytesMut, part: Bytes| async move {
            whole.extend_from_slice(&part);
            Ok(whole)
        };
        Ok(bytes.try_fold(whole, join).await?.freeze())
    }

    /// Fetches into `store`, in memory for one part, and returns the blob's length.
    pub async fn fetch_into(
        &self,
        store: &BlobStore,
        location: &str,
        commitment: B256,
        limit: u64,
    ) -> Result<u64, BlobError> {
        let (_, bytes) = self.open(location, commitment, limit).await?;
        store.put_stream(commitment, limit, bytes).await
    }

    /// The blob's index, and its bytes in parts that are checked before they come. Interrupted transfers go on from
    /// the last whole piece.
    pub async fn open(
        &self,
        location: &str,
        commitment: B256,
        limit: u64,
    ) -> Result<(Arc<BlobIndex>, impl Stream<Item = Result<Bytes, BlobError>> + Send + use<>), BlobError> {
        let url = blob_url(location, commitment, self.config.allow_private)?;
        let deadline = Instant::now() + self.config.total_timeout;
        let mut tries = Tries::default();
        let index = loop {
            match self.index(&url, commitment, limit, deadline).await {
                Ok(index) => break Arc::new(index),
                Err(error) => tries.again(error, &self.config, deadline).await?,
            }
        };
        let (client, pending) = (self.clone(), BytesMut::new());
        let transfer = Transfer { client, url, index: index.clone(), deadline, at: 0, body: None, pending, tries };
        let bytes = stream::try_unfold(transfer, |mut transfer| async move {
            Ok(transfer.next().await?.map(|part| (part, transfer)))
        });
        Ok((index, bytes))
    }

    /// Length and Merkle root of the blob at `{location}/blobs/{commitment}`, whatever its length. Its index is read to the end, of
    /// 16 GiB 128 MiB, and not kept.
    pub async fn head(&self, location: &str, commitment: B256) -> Result<BlobHead, BlobError> {
        let url = blob_url(location, commitment, self.config.allow_private)?;
        let deadline = Instant::now() + self.config.total_timeout;
        let mut tries = Tries::default();
        loop {
            match self.read_head(&url, commitment, deadline).await {
                Ok(head) => return Ok(head),
                Err(error) => tries.again(error, &self.config, deadline).await?,
            }
        }
    }

    async fn read_head(&self, url: &Url, commitment: B256, deadline: Instant) -> Result<BlobHead, BlobError> {
        let url = format!("{url}/index");
        let mut body = Body { response: self.get(&url, None, commitment, deadline).await?, url };
        let mut reader = HeadReader::default();
        while let Some(part) = body.next(&self.config, deadline).await? {
            if !reader.push(&part) {
                return Err(BlobError::Corrupt { commitment, part: Part::Index });
            }
        }
        reader.finish(commitment)
    }

    async fn index(&self, url: &Url, commitment: B256, limit: u64, deadline: Instant) -> Result<BlobIndex, BlobError> {
        let url = format!("{url}/index");
        let mut body = Body { response: self.get(&url, None, commitment, deadline).await?, url };
        let (limit, mut encoded) = (limit.min(MAX_BLOB_BYTES), BytesMut::new());
        while let Some(part) = body.next(&self.config, deadline).await? {
            encoded.extend_from_slice(&part);
            let claimed = encoded.first_chunk::<8>().map_or(0, |length| u64::from_be_bytes(*length));
            if claimed > limit {
                return Err(BlobError::TooLarge { commitment, length: claimed, limit });
            }
            if encoded.len() as u64 > BlobIndex::encoded_length(limit) {
                return Err(BlobError::Corrupt { commitment, part: Part::Index });
            }
        }
        let checked = tokio::task::spawn_blocking(move || BlobIndex::decode(commitment, encoded.freeze()));
        checked.await.map_err(|error| BlobError::network(&body.url, error))?
    }

    async fn get(
        &self,
        url: &str,
        from: Option<u64>,
        commitment: B256,
        deadline: Instant,
    ) -> Result<Response<Incoming>, BlobError> {
        let mut request = Request::get(url).header(header::USER_AGENT, "lux-blobs");
        if let Some(from) = from {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let request = request.body(Empty::new()).map_err(|error| BlobError::network(url, error))?;
        let late = |_| BlobError::TimedOut { url: url.to_owned(), what: "the response" };
        let until = deadline.min(Instant::now() + self.config.connect_timeout + self.config.idle_timeout);
        let response = timeout_at(until, self.http.request(request)).await.map_err(late)?;
        let response = response.map_err(|error| BlobError::network(url, error))?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(response),
            StatusCode::NOT_FOUND => Err(BlobError::NotFound(commitment)),
            status => Err(BlobError::Status { url: url.to_owned(), status: status.as_u16() }),
        }
    }
}

/// Failures since the last progress.
#[derive(Debug, Default)]
struct Tries(u32);

impl Tries {
    /// Waits if it is worth to try again, and otherwise returns the error.
    async fn again(&mut self, error: BlobError, config: &ClientConfig, deadline: Instant) -> Result<(), BlobError> {
        self.0 += 1;
        if !error.is_temporary() || self.0 >= config.attempts || Instant::now() + config.retry_pause >= deadline {
            return Err(error);
        }
        tracing::debug!(%error, "fetching a blob is tried again");
        tokio::time::sleep(config.retry_pause).await;
        Ok(())
    }
}

struct Body {
    url: String,
    response: Response<Incoming>,
}

impl Body {
    async fn next(&mut self, config: &ClientConfig, deadline: Instant) -> Result<Option<Bytes>, BlobError> {
        loop {
            let late = |what| BlobError::TimedOut { url: self.url.clone(), what };
            let frame = timeout_at(deadline, timeout(config.idle_timeout, self.response.body_mut().frame())).await;
            let frame = frame.map_err(|_| late("the whole blob"))?.map_err(|_| late("the next bytes"))?;
            match frame.transpose().map_err(|error| BlobError::network(&self.url, error))? {
                None => return Ok(None),
                Some(frame) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    _ => continue,
                },
            }
        }
    }
}

struct Transfer {
    client: Client,
    url: Url,
    index: Arc<BlobIndex>,
    deadline: Instant,
    /// Bytes handed on: whole pieces, or all.
    at: u64,
    /// The response that is being read, and how many of its bytes lie before `at`.
    body: Option<(Body, u64)>,
    /// Bytes from `at` on that are not checked yet.
    pending: BytesMut,
    tries: Tries,
}

impl Transfer {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        while self.at < self.index.length() {
            match self.window().await {
                Ok(part) => {
                    self.index.verify(self.at, &part)?;
                    self.at += part.len() as u64;
                    self.tries = Tries::default();
                    return Ok(Some(part));
                }
                Err(error) => {
                    self.body = None;
                    self.tries.again(error, &self.client.config, self.deadline).await?;
                }
            }
        }
        Ok(None)
    }

    /// The next pieces, not checked yet. Those that came before an interruption are not lost.
    async fn window(&mut self) -> Result<Bytes, BlobError> {
        let wanted = (self.index.length() - self.at).min(WINDOW_BYTES as u64) as usize;
        while self.pending.len() < wanted {
            if let Err(error) = self.receive().await {
                self.body = None;
                self.pending.truncate(self.pending.len() / PIECE_BYTES * PIECE_BYTES);
                let pieces = std::mem::take(&mut self.pending);
                return if pieces.is_empty() { Err(error) } else { Ok(pieces.freeze()) };
            }
        }
        Ok(self.pending.split_to(wanted).freeze())
    }

    async fn receive(&mut self) -> Result<(), BlobError> {
        let Some((body, before)) = &mut self.body else {
            let url = self.url.to_string();
            let from = (self.at > 0).then_some(self.at);
            let response = self.client.get(&url, from, self.index.commitment(), self.deadline).await?;
            // A server without ranges begins at the beginning.
            let before = if response.status() == StatusCode::PARTIAL_CONTENT { 0 } else { self.at };
            self.body = Some((Body { url, response }, before));
            return Ok(());
        };
        let Some(mut data) = body.next(&self.client.config, self.deadline).await? else {
            return Err(BlobError::network(&body.url, "the response ended too early"));
        };
        let skipped = (*before).min(data.len() as u64);
        *before -= skipped;
        self.pending.extend_from_slice(&data.split_off(skipped as usize));
        Ok(())
    }
}
