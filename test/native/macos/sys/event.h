// What of a kqueue is used.
#pragma once

#include <cstdint>
#include <ctime>

struct kevent {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  intptr_t data;
  void* udata;
};

#define EVFILT_TIMER (-7)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ONESHOT 0x0010
#define NOTE_NSECONDS 0x00000004
#define EV_SET(event, a, b, c, d, e, f)                                                      \
  (*(event) = {static_cast<uintptr_t>(a), static_cast<int16_t>(b), static_cast<uint16_t>(c), \
               static_cast<uint32_t>(d), static_cast<intptr_t>(e), f})

extern "C" int kqueue(void);
extern "C" int kevent(int, const struct kevent*, int, struct kevent*, int, const struct timespec*);
