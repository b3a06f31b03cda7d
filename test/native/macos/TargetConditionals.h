// What GStreamer's headers ask: this is a Mac, no telephone.
#pragma once

#define TARGET_OS_MAC 1
#define TARGET_OS_OSX 1
#define TARGET_OS_IPHONE 0
