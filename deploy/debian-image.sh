#!/usr/bin/env bash
# debian-image.sh postgres|prometheus: an image made of a Debian package that is installed on this machine, for
# clusters that reach no registry. It holds the package's files and the libraries they need, no package manager.
# Kept in the cache by the package's version; prints NAME ARCHIVE.
set -euo pipefail

cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
here=$(cd "$(dirname "$0")" && pwd)
out=$cache/images
mkdir -p "$out"
. "$here/store.sh"

which=${1:?postgres or prometheus}

case $which in
  postgres)
    major=$(ls /usr/lib/postgresql | sort -n | tail -1)
    packages=("postgresql-$major" "postgresql-client-$major")
    tag=$major
    ;;
  prometheus) packages=(prometheus); tag=debian ;;
  *) echo "debian-image.sh: postgres or prometheus" >&2; exit 2 ;;
esac
name=localhost/$which:$tag
archive=$out/$which.tar
stamp=$(dpkg-query -W -f '${Package}=${Version} ' "${packages[@]}" libc6 dash && sha256sum < "$0" && { [ "$which" != postgres ] || sha256sum < "$here/postgres-start.sh"; })
if [ -f "$archive" ] && [ "$(cat "$archive.stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "$name $archive"
  exit 0
fi

container=$(store from --name "debian-$which-$$" scratch)
trap 'store rm "$container" >/dev/null 2>&1 || true' EXIT
root=$(store mount "$container")
chmod 755 "$root"
mkdir -p "$root"/{etc,tmp,usr/bin,usr/sbin,usr/lib,usr/lib64,var}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
chmod 1777 "$root/tmp"

add() { # PATH…: each into the root, links followed into what they point at
  local p
  for p in "$@"; do
    [ -d "$p" ] && [ ! -L "$p" ] && continue
    [ -e "$p" ] || continue
    tar -C / -cf - "${p#/}" | tar -C "$root" --keep-directory-symlink -xf -
    [ ! -L "$p" ] || add "$(readlink -f "$p")"
  done
}
libraries() { # the closure of what the programs and plug-ins in the root load
  find "$root/usr" -type f \( -perm -u+x -o -name '*.so*' \) -print0 \
    | xargs -0 -n1 ldd 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p' | sort -u
}

for package in "${packages[@]}"; do
  while read -r path; do
    case $path in
      */doc/*|*/man/*|*/locale/*|*/lintian/*|*/bitcode/*|*/init.d/*|*/systemd/*|*/logrotate.d/*|*/cron*) ;;
      *) add "$path" ;;
    esac
  done < <(dpkg -L "$package")
done
add /bin/sh /usr/bin/dash
if [ "$which" = postgres ]; then
  for tool in chmod mv rm rmdir locale; do add "/usr/bin/$tool" "/bin/$tool"; done
  tar -C / -cf - usr/share/zoneinfo usr/lib/locale/C.utf8 | tar -C "$root" -xf -
  echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' > "$root/etc/passwd"
  echo 'postgres:x:999:' > "$root/etc/group"
  mkdir -p "$root/var/lib/postgresql/data" "$root/var/run/postgresql"
  chown -R 999:999 "$root/var/lib/postgresql" "$root/var/run/postgresql"
  install -m 755 "$here/postgres-start.sh" "$root/usr/bin/postgres-start"
  for program in postgres initdb pg_ctl psql pg_isready; do
    [ -e "$root/usr/bin/$program" ] || ln -s "../lib/postgresql/$major/bin/$program" "$root/usr/bin/$program"
  done
  settings=(--user 999:999 --entrypoint '["/usr/bin/postgres-start"]' --cmd postgres --env PGDATA=/var/lib/postgresql/data/pgdata)
else
  echo 'nobody:x:65534:65534::/:/bin/sh' > "$root/etc/passwd"
  settings=(--user 65534:65534 --entrypoint '["/usr/bin/prometheus"]')
fi
for _ in 1 2; do while read -r path; do add "$path"; done < <(libraries); done

rm -f "$archive"
store umount "$container" >/dev/null
store config "${settings[@]}" "$container"
store commit --quiet --format oci --rm "$container" "$name" >/dev/null
store push --quiet "$name" "oci-archive:$archive:$name"
store rmi --all --force >/dev/null 2>&1 || true
echo "$stamp" > "$archive.stamp"
echo "$name $archive"
