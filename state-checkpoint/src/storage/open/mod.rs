//! A storage chosen by a URL.

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "hdfs"))]
mod cloud;
mod location;
mod options;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use state_api::{Error, ErrorKind, Result};

use self::location::Location;
use self::options::Options;
use super::{CheckpointStorage, LocalStorage, MemoryStorage, is_name};

/// Schemes, and the feature that each needs.
const SCHEMES: [(&str, Option<&str>); 9] = [
    ("abfs", Some("azure")),
    ("abfss", Some("azure")),
    ("az", Some("azure")),
    ("file", None),
    ("gs", Some("gcs")),
    ("hdfs", Some("hdfs")),
    ("memory", None),
    ("s3", Some("s3")),
    ("s3a", Some("s3")),
];

/// The storage at `url`.
///
/// | URL | feature | is |
/// |---|---|---|
/// | `file:///directory` | | [`LocalStorage`] |
/// | `memory:` | | a new [`MemoryStorage`] |
/// | `memory://name` | | the one of this name, as long as the process lives |
/// | `s3://bucket/prefix`, `s3a:` | `s3` | S3, and stores that speak its protocol |
/// | `gs://bucket/prefix` | `gcs` | Google Cloud Storage |
/// | `az://container/prefix`, `abfs:`, `abfss://container@account.dfs.core.windows.net/prefix` | `azure` | Azure Blob Storage |
/// | `hdfs://namenode:port/directory`, `hdfs://nameservice/directory` | `hdfs` | Hadoop's file system |
///
/// A path stands for itself: there are no `%` escapes. What else a storage has to know, and all
/// credentials, are `options`, never part of the URL, which is printed and logged. Every option is known
/// or refused:
///
/// | option | of | is |
/// |---|---|---|
/// | `part_bytes` | all but file and memory | bytes of a part of an upload, 5 MiB or more: 8 MiB |
/// | `concurrency` | all but file and memory | parts of a file on their way at the same time: 4 |
/// | `retries` | S3, Google, Azure | how often a request is repeated: 10 |
/// | `retry_timeout` | S3, Google, Azure | seconds after which it is not repeated any more: 180 |
/// | `from_env` | S3, Google, Azure | `true`: also take the environment's variables (`AWS_..`, `GOOGLE_..`, `AZURE_..`), which the options go before; `false`: do not |
/// | those of `object_store`'s `AmazonS3ConfigKey`, `GoogleConfigKey`, `AzureConfigKey` | S3, Google, Azure | such as `region`, `endpoint`, `access_key_id`, `allow_http`, `timeout` |
/// | `dfs.*`, `fs.*`, `hadoop.*`, `ipc.*` | HDFS | Hadoop's own, before those of `HADOOP_CONF_DIR` |
///
/// No request is made: a wrong host or password is found by the first one.
///
/// ```
/// use state_checkpoint::storage;
///
/// let storage = storage::open("memory://jobs", [])?;
/// assert_eq!(storage.to_string(), "memory:");
/// assert!(storage::open("memory://jobs?a=b", []).is_err());
/// # Ok::<(), state_api::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) for a URL, an option or a value that is not understood; the
/// values of options are not repeated. [`Unsupported`](ErrorKind::Unsupported) with the context
/// `feature` when that is not compiled in. The errors of [`LocalStorage::open`].
pub fn open(
    url: &str,
    options: impl IntoIterator<Item = (String, String)>,
) -> Result<Arc<dyn CheckpointStorage>> {
    let location = Location::parse(url)?;
    let options = Options::new(options)?;
    match location.scheme.as_str() {
        "file" => {
            let path = location.absolute()?;
            options.all_known()?;
            Ok(Arc::new(LocalStorage::open(path)?))
        }
        "memory" => {
            options.all_known()?;
            Ok(Arc::new(memory(&location)?))
        }
        #[cfg(feature = "s3")]
        "s3" | "s3a" => cloud::s3(&location, options),
        #[cfg(feature = "gcs")]
        "gs" => cloud::gcs(&location, options),
        #[cfg(feature = "azure")]
        "az" | "abfs" | "abfss" => cloud::azure(&location, options),
        #[cfg(feature = "hdfs")]
        "hdfs" => cloud::hdfs(&location, options),
        other => Err(not_here(other)),
    }
}

/// Storages in memory that have a name.
static SHARED: Mutex<BTreeMap<String, MemoryStorage>> = Mutex::new(BTreeMap::new());

fn memory(location: &Location<'_>) -> Result<MemoryStorage> {
    match (location.authority, location.path) {
        (None | Some(""), "") => Ok(MemoryStorage::new()),
        (Some(name), "") if is_name(name) => {
            // Nothing panics under this lock, and the map is whole at any time.
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(shared.entry(name.to_owned()).or_default().clone())
        }
        _ => Err(Error::new(
            ErrorKind::Invalid,
            "write `memory:`, or `memory://name` with a name of a-z 0-9 . _ -",
        )),
    }
}

#[cold]
fn not_here(scheme: &str) -> Error {
    match SCHEMES.iter().find(|(name, _)| *name == scheme) {
        Some((_, Some(feature))) => Error::new(
            ErrorKind::Unsupported,
            format!("this program was built without the feature `{feature}` of state-checkpoint"),
        )
        .with("feature", feature)
        .with("scheme", scheme),
        _ => Error::new(ErrorKind::Invalid, "no storage has this scheme")
            .with("scheme", scheme.escape_debug())
            .with("known", SCHEMES.map(|(name, _)| name).join(", ")),
    }
}
