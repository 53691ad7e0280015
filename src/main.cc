#include "portal/files.h"
#include "server/command_line.h"

namespace sluice::embedded {

extern const portal::Files kWeb;  // made by CMake of the folder SLUICE_WEB

}  // namespace sluice::embedded

int main(int argc, char** argv) {
  return sluice::server::RunCommandLine(argc, argv, sluice::embedded::kWeb);
}
