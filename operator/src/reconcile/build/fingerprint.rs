//! A short name for what an object says, to notice fields that are no longer wanted.

use serde::Serialize;

/// FNV-1a, 64 bits, of the object's JSON. Equal objects have equal fingerprints in every build.
///
/// Not for trust: someone who can write the annotation can write the object.
pub fn fingerprint<T: Serialize>(object: &T) -> String {
    // Kubernetes objects always serialize; a failure would only cause one more apply.
    let text = serde_json::to_string(object).unwrap_or_default();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
