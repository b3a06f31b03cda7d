# kvs-launch in a container, for amd64 and arm64. Usage: docs/1-start/docker.md.
# Builds with any BuildKit, the one in Debian 12's docker.io included: no frontend is fetched.
ARG NODE_IMAGE=node:24-trixie-slim
ARG BASE_IMAGE=debian:trixie-slim

FROM ${NODE_IMAGE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
      g++ make python3 pkg-config libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# Install scripts stay off; gstreamer-superficial is the one package that has something to compile.
# The official image carries Node's headers, so nothing is fetched for that.
RUN npm ci --ignore-scripts --no-audit --no-fund \
    && cd node_modules/gstreamer-superficial \
    && node ../node-gyp/bin/node-gyp.js rebuild --silent --nodedir=/usr/local
# By itself, so that a change to the TypeScript alone does not compile C++ anew.
COPY binding.gyp ./
COPY native native
COPY scripts/build-native.mjs scripts/
COPY scripts/lib scripts/lib
RUN node scripts/build-native.mjs
COPY . .
# Modes and times are set, so that the same sources give the same files whoever builds them.
RUN node scripts/build-ts.mjs \
    && node scripts/licences.mjs \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && node scripts/image/assemble.mjs /image \
    && find /image -type d -empty -delete \
    && chmod -R u=rwX,go=rX /image \
    && find /image -exec touch -h -d @499162500 {} +
# Without its symbols, which only a debugger reads, Node is 18 MB smaller.
RUN strip --strip-unneeded -o /node /usr/local/bin/node

# h264parse and h265parse are in gstreamer1.0-plugins-bad, whose dependencies weigh 540 MB: only
# the plugin and the one library that it needs are taken out of the packages, and their licences.
# What scans an image for known flaws finds such parts of packages in status.d.
FROM ${NODE_IMAGE} AS parsers
RUN set -eux; \
    apt-get update; \
    cd /tmp; \
    apt-get download gstreamer1.0-plugins-bad libgstreamer-plugins-bad1.0-0; \
    mkdir -p /parsers/var/lib/dpkg/status.d; \
    for package in *.deb; do \
      dpkg-deb -x "$package" unpacked; \
      name=${package%%_*}; \
      install -D -p -m 644 -t "/parsers/usr/share/doc/$name" "unpacked/usr/share/doc/$name/copyright"; \
      dpkg-deb -f "$package" > "/parsers/var/lib/dpkg/status.d/$name"; \
    done; \
    cd unpacked/usr/lib/*/; \
    triplet=$(basename "$PWD"); \
    install -D -p -m 644 -t "/parsers/usr/lib/$triplet/gstreamer-1.0" \
      gstreamer-1.0/libgstvideoparsersbad.so; \
    cp -a libgstcodecparsers-1.0.so.0* "/parsers/usr/lib/$triplet/"

# A Debian with everything in it, of which the image gets what it runs (scripts/image/root.mjs).
FROM ${BASE_IMAGE} AS system
# CAMERA=1 adds libcamerasrc for a Raspberry Pi's camera module. Debian 13's own libcamera knows the
# Pi up to 4; the one in its backports also knows the Pi 5.
ARG CAMERA=
RUN set -eux; \
    . /etc/os-release; \
    if [ -n "$CAMERA" ]; then \
      sed -i "0,/^Suites:.*/s//& ${VERSION_CODENAME}-backports/" /etc/apt/sources.list.d/debian.sources; \
    fi; \
    apt-get update; \
    apt-get install -y --no-install-recommends \
      busybox ca-certificates libatomic1 libstdc++6 tini \
      gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
      gstreamer1.0-plugins-ugly; \
    if [ -n "$CAMERA" ]; then \
      apt-get install -y --no-install-recommends -t "${VERSION_CODENAME}-backports" \
        gstreamer1.0-libcamera libcamera-ipa; \
    fi; \
    useradd --uid 1000 --create-home --groups video,audio kvs
COPY --from=parsers /parsers/ /
COPY --from=build /usr/local/LICENSE /root-of-image/usr/local/share/doc/node/
COPY --from=build /node /root-of-image/usr/local/bin/node
COPY --from=build /image/ /root-of-image/app/
COPY scripts/image/root.mjs /
# PLUGINS="soup pulseaudio" adds further plugins of Debian's sets base, good and ugly; PLUGINS=all adds all.
ARG PLUGINS=
RUN ldconfig && /root-of-image/usr/local/bin/node /root.mjs /root-of-image

FROM scratch
ARG CAMERA=
COPY --from=system /root-of-image/ /
# The list of all plugins; where plain gst-launch-1.0 finds kvssink; what tells `kvs-launch health` how
# things are.
ENV PATH=/usr/local/bin:/usr/bin \
    GST_PLUGIN_PATH=/app/build/Release/gstreamer-1.0 \
    GST_REGISTRY=/var/cache/gstreamer-1.0/registry.bin \
    KVS_HEALTH_FILE=/tmp/kvs-health.json
# An image in which an element of the documented pipelines is missing must not come into being. The
# list of plugins that this makes is kept: each new container would otherwise load all of them first.
# It counts HOME among what plugins depend on, so that has to be what it will be.
RUN set -eux; \
    export HOME=/home/kvs; \
    install -d -m 1777 /tmp; \
    install -d -o kvs -g kvs /data /home/kvs /var/cache/gstreamer-1.0; \
    ln -s /app/bin/kvs-launch.js /usr/local/bin/kvs-launch; \
    test "$(kvs-launch --plugin-path)" = "$GST_PLUGIN_PATH"; \
    for element in kvssink h264parse h265parse x264enc v4l2src jpegdec videoconvert videorate \
      rtspsrc rtph264depay rtph265depay parsebin decodebin aacparse alawenc mulawenc qtdemux \
      matroskademux flvdemux fdsrc filesrc filesink appsrc rawvideoparse audioconvert audioresample \
      ${CAMERA:+libcamerasrc}; do \
      gst-inspect-1.0 "$element" > /dev/null; \
    done; \
    chown kvs:kvs "$GST_REGISTRY"; \
    rm -rf "$HOME/.cache" "$HOME/.local" /tmp/*
USER kvs
WORKDIR /home/kvs
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=2 \
  CMD ["kvs-launch", "health"]
# tini is PID 1: it reaps what is left behind and passes signals on.
ENTRYPOINT ["tini", "--", "/app/scripts/image/entrypoint.sh"]
CMD ["--help"]
