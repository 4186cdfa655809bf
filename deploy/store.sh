# Sourced by the scripts that make images: buildah with a store of its own in the cache. The archives are what is
# kept; the store is emptied after each image, so that it doesn't grow.
exec 8>"${cache:?}/store.lock"
flock 8
store() { buildah --root "$cache/store" --runroot "$cache/store-run" --storage-driver vfs "$@" 8>&-; }
