//! The HTTP stack that fetches and S3 share.

use crate::BlobError;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;
use std::time::Duration;

/// TLS 1.2 and 1.3 with the certificates that the operating system trusts.
pub(crate) fn system_tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_platform_verifier().with_no_client_auth())
}

/// Connects to `http` and `https` through the addresses that `resolver` gives.
pub(crate) fn connector<R>(
    resolver: R,
    tls: ClientConfig,
    connect_timeout: Duration,
) -> HttpsConnector<HttpConnector<R>> {
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(connect_timeout));
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http)
}

pub(crate) fn no_tls(error: rustls::Error) -> BlobError {
    BlobError::Store(Arc::new(error))
}
