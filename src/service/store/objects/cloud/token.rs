//! An access token that was given, in the place of credentials that fetch one.

use super::ObjectError;
use crate::service::config::Secret;
use google_cloud_auth::credentials::{CacheableResource, CredentialsProvider, EntityTag};
use google_cloud_auth::errors::CredentialsError;
use http::{Extensions, HeaderMap, HeaderValue, header};

#[derive(Debug)]
pub struct Token {
    tag: EntityTag,
    /// Marked as sensitive: its `Debug` does not show it.
    value: HeaderValue,
}

impl Token {
    pub fn new(token: &Secret) -> Result<Self, ObjectError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(ObjectError::backend)?;
        value.set_sensitive(true);
        Ok(Token { tag: EntityTag::new(), value })
    }
}

impl CredentialsProvider for Token {
    async fn headers(&self, known: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        if known.get::<EntityTag>() == Some(&self.tag) {
            return Ok(CacheableResource::NotModified);
        }
        let data = HeaderMap::from_iter([(header::AUTHORIZATION, self.value.clone())]);
        Ok(CacheableResource::New { entity_tag: self.tag.clone(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}
