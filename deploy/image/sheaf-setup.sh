#!/bin/sh
# Makes the certificates and the token of a cluster, once, and gives each role what it needs and no more:
#
#   sheaf-setup          makes what is not there yet; a second call changes nothing
#   sheaf-setup renew    new certificates of the same authority, with the same token
#
# Certificates name the hosts of $SHEAF_HOSTS, or, without it, this machine alone.
#
# Below /setup (or $SHEAF_SETUP) are the folders "authority", which only this script ever sees, and
# "master", "worker" and "client", each a volume that the nodes of that role read.
set -eu
root=${SHEAF_SETUP:-/setup}
made=$root/authority/certs
fresh=$root/authority/fresh
hosts=${SHEAF_HOSTS:-localhost,127.0.0.1,::1}

# Whole, or not there: what an earlier call left half made is made again.
rm -rf "$fresh"
if [ ! -d "$made" ]; then
  said=$(sheaf certs "$fresh" --hosts "$hosts" 2>&1) || { echo "$said" >&2; exit 1; }
  mv "$fresh" "$made"
  echo "Made the certificates and the token of the cluster."
elif [ "${1:-}" = renew ]; then
  said=$(sheaf certs "$fresh" --hosts "$hosts" --ca "$made" 2>&1) || { echo "$said" >&2; exit 1; }
  cp -p "$made/ca-key.pem" "$fresh/"
  rm -rf "$made"
  mv "$fresh" "$made"
  echo "Renewed the certificates of the cluster. Start its nodes again to have them used."
else
  echo "The cluster has its certificates and its token."
fi

# A file takes the place of an older one at once, and is never readable by others.
give() {
  role=$1
  shift
  for file in "$@"; do
    cp -p "$made/$file" "$root/$role/.$file"
    mv "$root/$role/.$file" "$root/$role/$file"
  done
}
give master ca.pem master.pem master-key.pem client-token
give worker ca.pem worker.pem worker-key.pem
give client ca.pem client-token
