// Settings of the sanitizer build.
#if defined(__SANITIZE_ADDRESS__)

extern "C" {

/// Whole stacks, so that the suppression below can see who allocated.
const char* __asan_default_options() {
  return "fast_unwind_on_malloc=0";
}

/// GLib lets go of its first table of quarks, made when it is loaded, once it needs a larger one.
const char* __lsan_default_suppressions() {
  return "leak:ld-linux\n";
}
const char* __lsan_default_options() {
  return "print_suppressions=0";
}
}

#endif
