// The queue and the readers of the bridge: plain C++, without GStreamer and Node.
#include "../check.h"

int main(int argc, char** argv) {
  return check::run(argc, argv);
}
