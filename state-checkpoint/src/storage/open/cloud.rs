//! Object stores, from a URL and options.

use std::sync::Arc;

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
use object_store::RetryConfig;
use state_api::{Error, ErrorKind, Result};

use super::location::Location;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
use super::options::refused;
use super::options::{Options, unknown};
use crate::storage::{CheckpointStorage, ObjectOptions, ObjectStorage};

/// Takes the options of every object store.
fn object_options(location: &Location<'_>, options: &mut Options) -> Result<ObjectOptions> {
    let mut object = ObjectOptions::default();
    if let Some(bytes) = options.take("part_bytes")? {
        object = object.with_part_bytes(bytes)?;
    }
    if let Some(parts) = options.take("concurrency")? {
        object = object.with_concurrency(parts)?;
    }
    let scheme = &location.scheme;
    let place = location.authority.unwrap_or_default();
    let path = location.path.trim_end_matches('/');
    Ok(object.with_name(format!("{scheme}://{place}{path}")))
}

/// What the builders of a client have in common, though no trait says so.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
macro_rules! builder {
    ($Builder:ty, $Key:ty, $options:ident, not $own:pat) => {{
        let from_env = $options.take("from_env")?.unwrap_or(true);
        let mut retry = RetryConfig::default();
        if let Some(retries) = $options.take("retries")? {
            retry.max_retries = retries;
        }
        if let Some(seconds) = $options.take("retry_timeout")? {
            retry.retry_timeout = std::time::Duration::from_secs(seconds);
        }
        let mut given = Vec::new();
        let mut builder = if from_env {
            <$Builder>::from_env()
        } else {
            <$Builder>::new()
        };
        for (name, value) in $options.rest() {
            let key: $Key = name.parse().map_err(|_| unknown(&name))?;
            if matches!(key, $own) {
                return Err(refused("the URL says this, or it may not be said", &name));
            }
            given.push(value.clone());
            builder = builder.with_config(key, value);
        }
        (builder.with_retry(retry), given)
    }};
}

#[cfg(feature = "s3")]
pub(super) fn s3(
    location: &Location<'_>,
    mut options: Options,
) -> Result<Arc<dyn CheckpointStorage>> {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};

    let bucket = location.place(&[])?;
    let object = object_options(location, &mut options)?;
    // To publish is a conditional put: it cannot be turned off.
    let (builder, given) = builder!(
        AmazonS3Builder,
        AmazonS3ConfigKey,
        options,
        not AmazonS3ConfigKey::Bucket | AmazonS3ConfigKey::ConditionalPut
    );
    let store = builder
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_http_connector(crate::storage::object::CreateOnly)
        .build()
        .map_err(|e| not_built(&e, &given))?;
    storage(Arc::new(store), location, object)
}

#[cfg(feature = "gcs")]
pub(super) fn gcs(
    location: &Location<'_>,
    mut options: Options,
) -> Result<Arc<dyn CheckpointStorage>> {
    use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

    let bucket = location.place(&[])?;
    let object = object_options(location, &mut options)?;
    let (builder, given) = builder!(
        GoogleCloudStorageBuilder,
        GoogleConfigKey,
        options,
        not GoogleConfigKey::Bucket
    );
    let store = builder
        .with_bucket_name(bucket)
        .build()
        .map_err(|e| not_built(&e, &given))?;
    storage(Arc::new(store), location, object)
}

#[cfg(feature = "azure")]
pub(super) fn azure(
    location: &Location<'_>,
    mut options: Options,
) -> Result<Arc<dyn CheckpointStorage>> {
    use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

    let place = location.place(&['@'])?;
    let object = object_options(location, &mut options)?;
    let named = place.contains('@');
    let (builder, given) = builder!(
        MicrosoftAzureBuilder,
        AzureConfigKey,
        options,
        not AzureConfigKey::ContainerName
    );
    if named && location.scheme == "az" {
        return Err(Error::new(
            ErrorKind::Invalid,
            "write `az://container/prefix` and give `account_name` as an option, or \
             `abfss://container@account.dfs.core.windows.net/prefix`",
        ));
    }
    let store = builder
        .with_url(format!("{}://{place}", location.scheme))
        .build()
        .map_err(|e| not_built(&e, &given))?;
    storage(Arc::new(store), location, object)
}

#[cfg(feature = "hdfs")]
pub(super) fn hdfs(
    location: &Location<'_>,
    mut options: Options,
) -> Result<Arc<dyn CheckpointStorage>> {
    use hdfs_native_object_store::HdfsObjectStoreBuilder;

    let place = location.place(&[':'])?;
    // Its objects have no metadata.
    let object = object_options(location, &mut options)?.with_write_ids(false);
    let mut config = Vec::new();
    for (name, value) in options.rest() {
        // Hadoop's options are too many to know, but they have a form.
        if !["dfs.", "fs.", "hadoop.", "ipc."]
            .iter()
            .any(|family| name.starts_with(family))
        {
            return Err(unknown(&name));
        }
        config.push((name, value));
    }
    let values: Vec<String> = config.iter().map(|(_, value)| value.clone()).collect();
    let storage = ObjectStorage::on_runtime(location.prefix(), object, |runtime| {
        let store = HdfsObjectStoreBuilder::new()
            .with_url(format!("hdfs://{place}"))
            .with_config(config)
            .with_io_runtime(runtime)
            .build()
            .map_err(|e| not_built(&e, &values))?;
        Ok(Arc::new(store))
    })?;
    Ok(Arc::new(storage))
}

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn storage(
    store: Arc<dyn object_store::ObjectStore>,
    location: &Location<'_>,
    options: ObjectOptions,
) -> Result<Arc<dyn CheckpointStorage>> {
    let storage = ObjectStorage::new(store, location.prefix(), options)?;
    Ok(Arc::new(storage))
}

/// The cause may repeat the value of an option, and that may be a secret.
#[cold]
fn not_built(error: &object_store::Error, given: &[String]) -> Error {
    let mut cause = error.to_string();
    for value in given.iter().filter(|value| !value.is_empty()) {
        cause = cause.replace(value, "..");
    }
    let message = format!("the options do not make a client: {cause}");
    Error::new(ErrorKind::Invalid, message)
}
