#!/bin/sh
# What a container does with its arguments.
#   a gst-launch-1.0 pipeline   runs it
#   rtsp://… [options]          streams a network camera for ever (STREAM_NAME)
#   local [options]             a local Kinesis Video Streams, its data in /data
#   sh, node, gst-…             that program
set -eu
case "${1-}" in
rtsp://* | rtsps://*) set -- kvs-launch rtsp "$@" ;;
local)
	shift
	set -- kvs-launch local --data /data --host 0.0.0.0 --tls-port 8443 "$@"
	;;
sh | node | gst-*) ;;
*) set -- kvs-launch "$@" ;;
esac
exec "$@"
