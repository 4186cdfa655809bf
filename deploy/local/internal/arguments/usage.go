package arguments

// Usage is what `help` prints.
const Usage = `local-kubernetes: a Kubernetes of several nodes on this machine

  up [--nodes N] [--fast] [--wait TIME]
                                make the cluster, or what it lacks (N is 3)
  down                          take it away, with all it stores
  status                        how its machines are; fails when there is no cluster
  load [--storage-driver D] IMAGE...
                                archives (OCI, Docker) or buildah's images, into every node
  kubeconfig                    print the path of the file for kubectl and helm
  kubectl ...                   the usual client
  forward [--listen IP:PORT] --to TARGET [--until-eof]
                                pass connections on to IP:PORT, svc/NAMESPACE/NAME:PORT
                                or pod/NAMESPACE/NAME:PORT
  node cut|heal NAME            pull a machine's network cable, plug it in again
  node kill|start NAME          switch a machine off without warning, and on
  node kill-process NAME COMPONENT [--hold]
                                kill -9 a component; it comes back in 1 s, or, with --hold, after:
  node release-process NAME COMPONENT
  kill-pod-process [--signal N] NAMESPACE POD CONTAINER
                                kill -9 the first process of a container
  pids                          machine, process id on the host, KiB, container, command line
  exec NAME COMMAND...          run a command on a machine

NAME is control-plane, node-1, node-2, ...
The cluster lies in the directory TRACKER_LOCAL_KUBERNETES_DIR
(default: trackercluster/local-kubernetes in your cache directory).
`
