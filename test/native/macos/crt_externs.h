// What the plugin needs of macOS's header of that name.
#pragma once

extern "C" char*** _NSGetEnviron(void);
