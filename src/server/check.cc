#include <cstdio>

#include "server/commands.h"

namespace sluice::server {

int RunCheck(const CheckCommand& /*command*/) {
  std::fputs("sluice check: not built in yet\n", stderr);
  return 1;
}

}  // namespace sluice::server
