// macOS names the calling thread only.
#pragma once

#include_next <pthread.h>

extern "C++" int pthread_setname_np(const char* name);
#define pthread_setname_np(...) (static_cast<int (*)(const char*)>(pthread_setname_np)(__VA_ARGS__))
