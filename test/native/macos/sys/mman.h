// Without what Linux alone has.
#pragma once

#include_next <sys/mman.h>

#undef MAP_POPULATE
#pragma GCC poison MAP_POPULATE
