//! Buckets of S3 and compatible services.

use crate::tls::{connector, no_tls, system_tls};
use crate::{BlobError, BlobStore};
use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector as Tcp, dns::GaiResolver};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::prefix::PrefixStore;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// To the head of a response, a part of 8 MiB sent before it.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(120);

/// A bucket and the key to it.
#[derive(Clone)]
pub struct S3Config {
    /// URL of the service, without the bucket. `http` only where it is on this machine or a network that is trusted.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    /// Of all names in the bucket; may be empty.
    pub prefix: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Of keys that are valid for a time.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for S3Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, region, bucket, prefix, access_key_id, .. } = self;
        write!(f, "S3Config {{ {endpoint} {region} {bucket}/{prefix} {access_key_id} }}")
    }
}

impl BlobStore {
    /// In a bucket. Uploads that were interrupted stay there, unseen, until a lifecycle rule of the bucket removes them.
    pub fn s3(config: &S3Config) -> Result<Self, BlobError> {
        let tls = system_tls().map_err(no_tls)?;
        let connector = connector(GaiResolver::new(), tls, CONNECT_TIMEOUT);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(Connector(client))
            .with_endpoint(&config.endpoint)
            .with_region(&config.region)
            .with_bucket_name(&config.bucket)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(&config.secret_access_key)
            .with_allow_http(config.endpoint.starts_with("http://"));
        if let Some(token) = &config.session_token {
            builder = builder.with_token(token);
        }
        let bucket = builder.build().map_err(|error| BlobError::Store(Arc::new(error)))?;
        Ok(match config.prefix.as_str() {
            "" => Self::new(Arc::new(bucket)),
            prefix => Self::new(Arc::new(PrefixStore::new(bucket, prefix))),
        })
    }
}

#[derive(Clone, Debug)]
struct Connector(Client<HttpsConnector<Tcp>, HttpRequestBody>);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = tokio::time::timeout(RESPONSE_TIMEOUT, self.0.request(request)).await;
        let response = response.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            HttpError::new(kind, error)
        })?;
        let interrupted = |error| HttpError::new(HttpErrorKind::Interrupted, error);
        Ok(response.map(|body| HttpResponseBody::new(body.map_err(interrupted))))
    }
}
