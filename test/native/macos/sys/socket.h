// Without what Linux alone has, and with what macOS has for it.
#pragma once

#include_next <sys/socket.h>

#undef MSG_NOSIGNAL
#undef SOCK_CLOEXEC
#pragma GCC poison MSG_NOSIGNAL SOCK_CLOEXEC
#define SO_NOSIGPIPE 0x1022
