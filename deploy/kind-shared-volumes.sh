#!/usr/bin/env bash
# kind-shared-volumes.sh: prints the class `shared` and 40 volumes of it, folders that all workers of deploy/kind.yaml see.
# A volume serves one claim; it isn't emptied for the next. Written, not yet run.
set -euo pipefail
cat <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: shared}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
YAML
for number in $(seq 40); do
  cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: shared-$number}
spec:
  storageClassName: shared
  accessModes: [ReadWriteMany]
  capacity: {storage: 10Gi}
  persistentVolumeReclaimPolicy: Retain
  hostPath: {path: /shared/$number, type: DirectoryOrCreate}
YAML
done
