# One file, two ways. With Docker it builds from source:
#   docker build --target tracker -t localhost/tracker:0.1.0 .
# With buildah and binaries built outside, the stage `binaries` is a folder (deploy/images.sh):
#   buildah bud --build-context binaries=FOLDER --target tracker .
FROM docker.io/library/rust:1.95-bookworm AS binaries
WORKDIR /src
COPY . .
# Static, because the images below are empty; see the Makefile for the two flags.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' \
    cargo build --locked --release --target "$host" -p tracker -p tracker-operator \
 && cp "target/$host/release/tracker" "target/$host/release/tracker-operator" / \
 && cp /etc/ssl/certs/ca-certificates.crt /ca-certificates.crt

FROM scratch AS operator
COPY --from=binaries /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=binaries /tracker-operator /tracker-operator
USER 10001:10001
ENTRYPOINT ["/tracker-operator"]
CMD ["run"]

FROM scratch AS tracker
COPY --from=binaries /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=binaries /tracker /tracker
USER 10001:10001
EXPOSE 8080 9090
ENTRYPOINT ["/tracker"]
CMD ["serve"]
