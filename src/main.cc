#include "server/command_line.h"

int main(int argc, char** argv) { return sluice::server::RunCommandLine(argc, argv); }
