#include <cstdio>

#include "server/commands.h"

namespace sluice::server {

int RunServe(const ServeCommand& /*command*/) {
  std::fputs("sluice serve: not built in yet\n", stderr);
  return 1;
}

}  // namespace sluice::server
