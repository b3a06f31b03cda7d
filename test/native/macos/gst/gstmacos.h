// GStreamer has it on macOS only; nothing of it is used.
#pragma once
