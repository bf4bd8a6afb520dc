#!/bin/sh
# The GPU kit's one command: `./run.sh <stage> ... [options]`; `./run.sh --help` lists them.
# Takes an NVIDIA driver, and xz or Python to unpack; everything else is in this folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# $1.xz becomes $1, whole or not at all.
unpack() {
  if command -v xz >/dev/null; then xz -dc "$1.xz" >"$1.part"
  else python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1.xz" >"$1.part"
  fi
  mv "$1.part" "$1"
}

if [ ! -d "$here/package" ]; then
  unpack "$here/package.tar"
  mkdir "$here/package.part"
  tar xf "$here/package.tar" -C "$here/package.part"
  mv "$here/package.part" "$here/package"
  rm "$here/package.tar"
fi
if [ ! -x "$here/node" ]; then
  unpack "$here/node"
  chmod +x "$here/node"
fi

# Relative to where it was called from; the package looks for itself from its own folder.
export LEAN_KIT_FOLDER="$PWD"
cd "$here/package"
exec "$here/node" dist/bench/gpu/main.js "$@"
