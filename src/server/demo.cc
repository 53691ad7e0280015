#include <cstdio>

#include "server/commands.h"

namespace sluice::server {

int RunDemo(const DemoCommand& /*command*/) {
  std::fputs("sluice demo: not built in yet\n", stderr);
  return 1;
}

}  // namespace sluice::server
