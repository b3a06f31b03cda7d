// A test runner of a page: named tests, TAP on stdout, one process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline std::string& failure() {
  static std::string text;
  return text;
}

struct Registration {
  Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

/// Ends the running test.
struct Failed {};

template <typename Value>
std::string show(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}
inline std::string show(std::nullptr_t) {
  return "nullptr";
}

[[noreturn]] inline void fail(const char* file, int line, const std::string& text) {
  failure() = std::string(file) + ":" + std::to_string(line) + ": " + text;
  throw Failed{};
}

/// Runs the tests whose names contain the first argument; all without one. With `--part=2/4` every
/// fourth of them, from the second on: four processes share the time that tests wait.
inline int run(int argc, char** argv) {
  int failed = 0;
  int number = 0;
  size_t part = 1;
  size_t parts = 1;
  const bool divided = argc > 1 && std::sscanf(argv[1], "--part=%zu/%zu", &part, &parts) == 2;
  for (size_t i = 0; i < tests().size(); i++) {
    const Test& test = tests()[i];
    if (i % parts != part - 1) continue;
    if (argc > 1 && !divided && std::strstr(test.name, argv[1]) == nullptr) continue;
    number++;
    bool passed = true;
    try {
      test.run();
    } catch (const Failed&) {
      passed = false;
    }
    std::printf("%s %d - %s\n", passed ? "ok" : "not ok", number, test.name);
    if (!passed) std::printf("# %s\n", failure().c_str());
    std::fflush(stdout);
    failed += passed ? 0 : 1;
  }
  std::printf("1..%d\n", number);
  return failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2(a, b)

/// TEST("behaviour") { … }
#define TEST(name) CHECK_TEST(name, CHECK_JOIN(test_, __COUNTER__))
#define CHECK_TEST(name, function)                                                  \
  static void function();                                                           \
  static const check::Registration CHECK_JOIN(register_, function)(name, function); \
  static void function()

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) check::fail(__FILE__, __LINE__, "not true: " #condition); \
  } while (false)

#define CHECK_EQUAL(actual, expected)                                                  \
  do {                                                                                 \
    const auto check_actual = (actual);                                                \
    const auto check_expected = (expected);                                            \
    if (!(check_actual == check_expected)) {                                           \
      check::fail(__FILE__, __LINE__,                                                  \
                  std::string(#actual " is ") + check::show(check_actual) + ", not " + \
                      check::show(check_expected));                                    \
    }                                                                                  \
  } while (false)
