// What ThreadSanitizer must be told of locks that it does not see: GLib's mutexes are futexes of
// their own, in a library that is not compiled with it.
#if defined(__SANITIZE_THREAD__)

#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <time.h>

extern "C" {

/// GLib counts references, and hands things over, with atomic operations that are not seen either:
/// what it frees last others have used before, and so have the locks that lie in it.
const char* __tsan_default_suppressions() {
  return "race_top:free$\nrace_top:pthread_mutex_lock$\n";
}

void __tsan_acquire(void* address);
void __tsan_release(void* address);

#define REAL(function) \
  static const auto real = reinterpret_cast<decltype(&function)>(dlsym(RTLD_NEXT, #function))

void g_mutex_lock(GMutex* mutex) {
  REAL(g_mutex_lock);
  real(mutex);
  __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
  REAL(g_mutex_trylock);
  const gboolean locked = real(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

void g_mutex_unlock(GMutex* mutex) {
  REAL(g_mutex_unlock);
  __tsan_release(mutex);
  real(mutex);
}

void g_cond_wait(GCond* cond, GMutex* mutex) {
  REAL(g_cond_wait);
  __tsan_release(mutex);
  real(cond, mutex);
  __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  REAL(g_cond_wait_until);
  __tsan_release(mutex);
  const gboolean signalled = real(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return signalled;
}

/// std::timed_mutex locks with this one, which the sanitizer of GCC 12 does not know; it knows
/// pthread_mutex_timedlock.
int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  timespec now, wall;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  constexpr gint64 kNsPerS = 1'000'000'000;
  const gint64 left_ns =
      (until->tv_sec - now.tv_sec) * kNsPerS + until->tv_nsec - now.tv_nsec + wall.tv_nsec;
  wall.tv_sec += left_ns / kNsPerS;
  wall.tv_nsec = left_ns % kNsPerS;
  return pthread_mutex_timedlock(mutex, &wall);
}
}

#endif
